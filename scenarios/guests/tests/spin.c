/* Never ends. */
#include "../lib/inn.h"

int main(const char *args) {
  (void)args;
  print("spinning\n");
  for (;;) { }
}
