/* Echoes lines until "quit"; "exit N" ends through the debug-exit port with value N. Receives by polling. */
#include "../lib/inn.h"

int main(const char *args) {
  char line[80];
  (void)args;
  for (;;) {
    print("> ");
    size_t n = 0;
    for (int c; (c = getch()) != '\n' && c != '\r';)
      if (n < sizeof line - 1) line[n++] = (char)c;
    line[n] = 0;
    print("you said: ");
    print(line);
    putch('\n');
    if (n == 4 && !memcmp(line, "quit", 4)) return 0;
    if (n > 5 && !memcmp(line, "exit ", 5)) debug_exit((uint32_t)argument(line, "exit ", 0));
  }
}
