/* Console through semihosting, the clock, the rules of file handles, then exit status 7. */
#include "../lib/inn.h"

int main(const char *args) {
  (void)args;
  semihosting(0x04, "write0 works\n"); /* SYS_WRITE0 */
  uint64_t open_tt[3] = {(uint64_t)":tt", 4, 3};
  uint64_t out = semihosting(0x01, open_tt); /* SYS_OPEN, mode w */
  uint64_t write[3] = {out, (uint64_t)"handle works\n", 13};
  print(semihosting(0x05, write) == 0 ? "all written\n" : "short write\n"); /* SYS_WRITE */
  uint64_t open_file[3] = {(uint64_t)"/etc/passwd", 0, 11};
  print(semihosting(0x01, open_file) == (uint64_t)-1 ? "host files are refused\n" : "host file opened!\n");
  uint64_t bad[1] = {12345};
  print(semihosting(0x02, bad) == (uint64_t)-1 ? "bad handle refused\n" : "bad handle closed!\n"); /* SYS_CLOSE */
  uint64_t a = semihosting(0x10, 0); /* SYS_CLOCK, centiseconds */
  for (volatile int i = 0; i < 4000000; i++) { }
  uint64_t b = semihosting(0x10, 0);
  print(b > a ? "clock advances\n" : "clock stands still\n");
  semihosting_exit(7);
}
