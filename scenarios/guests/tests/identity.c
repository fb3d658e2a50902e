/* Who am I: the identification registers a kernel decides by. */
#include "../lib/inn.h"

static void say(const char *what, uint64_t v) {
  print(what);
  putch(' ');
  print_hex(v, 16);
  putch('\n');
}

int main(const char *args) {
  (void)args;
  say("midr", sysreg_read(midr_el1));
  say("mpidr", sysreg_read(mpidr_el1));
  say("pfr0", sysreg_read(id_aa64pfr0_el1));
  say("isar0", sysreg_read(id_aa64isar0_el1));
  say("mmfr0", sysreg_read(id_aa64mmfr0_el1));
  say("ctr", sysreg_read(ctr_el0));
  say("dczid", sysreg_read(dczid_el0));
  say("cntfrq", sysreg_read(cntfrq_el0));
  return 0;
}
