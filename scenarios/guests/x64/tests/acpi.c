/* Walks the ACPI tables from the RSDP the loader names: checksums, CPUs, I/O APIC, power management ports, \_S5. */
#include "../lib/inn.h"

static uint8_t u8(uint64_t at) { return *(volatile uint8_t *)at; }
static uint32_t u32(uint64_t at) { return *(volatile uint32_t *)at; }
static uint64_t u64(uint64_t at) { return *(volatile uint64_t *)at; }

static int sums_to_zero(uint64_t at, uint32_t length) {
  uint8_t sum = 0;
  while (length--) sum = (uint8_t)(sum + u8(at++));
  return sum == 0;
}

/* Prints the signature and whether the checksum is right. */
static void table(uint64_t at) {
  print("table ");
  for (int i = 0; i < 4; i++) putch(u8(at + (uint64_t)i));
  print(sums_to_zero(at, u32(at + 4)) ? " right\n" : " wrong\n");
}

static void madt(uint64_t at) {
  unsigned cpus = 0;
  say("local APIC at", u32(at + 36), 8);
  for (uint64_t e = at + 44; e < at + u32(at + 4) && u8(e + 1); e += u8(e + 1)) {
    if (u8(e) == 0 && u32(e + 4) & 1) cpus++;
    if (u8(e) == 1) say("I/O APIC at", u32(e + 4), 8);
    if (u8(e) == 2) {
      print("interrupt ");
      print_dec(u8(e + 3));
      print(" is pin ");
      print_dec(u32(e + 4));
      putch('\n');
    }
  }
  print("CPUs ");
  print_dec(cpus);
  putch('\n');
}

/* \_S5 is a package, whose first element is the type to write to PM1a control (ACPI 6.5, 7.4.2 and 20.2.5). */
static void s5(uint64_t dsdt) {
  for (uint64_t p = dsdt + 36; p + 10 <= dsdt + u32(dsdt + 4); p++) {
    if (u32(p) != 0x5f35535f || u8(p + 4) != 0x12) continue; /* "_S5_", PackageOp */
    uint64_t first = p + 7 + (u8(p + 5) >> 6);               /* behind PkgLength and NumElements */
    print("S5 type ");
    print_dec(u8(first) == 0x0a ? u8(first + 1) : u8(first)); /* BytePrefix; ZeroOp, OneOp */
    putch('\n');
  }
}

static void fadt(uint64_t at) {
  say("PM1a event", u32(at + 56), 4);
  say("PM1a control", u32(at + 64), 4);
  say("PM timer", u32(at + 76), 4);
  say("reset register", u64(at + 120), 4);
  uint64_t dsdt = u32(at + 4) >= 148 && u64(at + 140) ? u64(at + 140) : u32(at + 40);
  table(dsdt);
  s5(dsdt);
}

int main(const char *args) {
  (void)args;
  uint64_t rsdp = u64(start_info ? start_info + 32 : boot_params + 0x70);
  if (!rsdp || u64(rsdp) != 0x2052545020445352) { /* "RSD PTR " */
    print("no RSDP\n");
    return 0;
  }
  uint8_t revision = u8(rsdp + 15);
  int right = sums_to_zero(rsdp, 20) && (revision < 2 || sums_to_zero(rsdp, u32(rsdp + 20)));
  print(right ? "RSDP right\n" : "RSDP wrong\n");
  uint64_t size = revision < 2 ? 4 : 8, root = revision < 2 ? u32(rsdp + 16) : u64(rsdp + 24);
  table(root);
  for (uint64_t e = root + 36; e < root + u32(root + 4); e += size) {
    uint64_t at = size == 4 ? u32(e) : u64(e);
    table(at);
    if (u32(at) == 0x43495041) madt(at); /* "APIC" */
    if (u32(at) == 0x50434146) fadt(at); /* "FACP" */
  }
  return 0;
}
