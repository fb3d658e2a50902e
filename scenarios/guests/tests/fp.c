/* Floating-point rounding modes, default NaN, flush to zero and the cumulative flags. */
#include "../lib/inn.h"

static uint64_t bits(double d) {
  union { double d; uint64_t u; } v = {d};
  return v.u;
}

static void line(const char *what, uint64_t v) {
  print(what);
  putch(' ');
  print_hex(v, 16);
  print(" fpsr ");
  print_hex(sysreg_read(fpsr), 8);
  putch('\n');
  sysreg_write(fpsr, 0);
}

int main(const char *args) {
  static volatile double one = 1, three = 3, zero = 0, tiny = 0x1p-1022, half = 0.5, big = 1e300;
  static const char *const modes[] = {"nearest", "plus", "minus", "zero"};
  (void)args;
  sysreg_write(fpsr, 0);
  for (uint64_t m = 0; m < 4; m++) {
    sysreg_write(fpcr, m << 22);
    line(modes[m], bits(one / three));
    line(modes[m], bits(-one / three));
  }
  sysreg_write(fpcr, 0);
  line("divide by zero", bits(one / zero));
  line("invalid", bits(zero / zero));
  line("overflow", bits(big * big));
  line("underflow", bits(tiny * tiny));
  line("denormal", bits(tiny * half));
  sysreg_write(fpcr, 1ul << 24);
  line("flushed", bits(tiny * half));
  sysreg_write(fpcr, 1ul << 25);
  line("default NaN", bits(-(zero / zero)));
  sysreg_write(fpcr, 0);
  line("exact", bits(one + half));
  return 0;
}
