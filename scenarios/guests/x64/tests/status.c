/* Ends through the debug-exit port with value 3 (value= on the command line): status 7. */
#include "../lib/inn.h"

int main(const char *args) {
  print("ending\n");
  debug_exit((uint32_t)argument(args, "value=", 3));
}
