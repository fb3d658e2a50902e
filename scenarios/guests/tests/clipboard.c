/* An agent for copy and paste at the port com.redhat.spice.0, told by lines on the console what to copy and
   what to paste:
     copy text TEXT      copy lines SIZE SEED    copy png    copy picture ROWS    offer png
     paste text          paste png               release
     close               close after SENT        close in SIZE                    open            quit
   "primary" before a line means the primary selection. `copy lines` is the `generate` of scenarios, `copy
   picture` a PNG of 1538 bytes by row; `offer png` is a type that cannot be had when asked for. `close after`
   closes the port after so many further bytes to the host, `close in` after so much of what is pasted next.
   What is pasted is at PASTED, 16 MiB further for the primary selection. */
#include "../lib/png.h"
#include "../lib/vdagent.h"

#define COPIED 0x42000000ul
#define PASTED 0x44000000ul
#define APART 0x01000000ul
#define CONTENT_MAX (4u << 20)
#define SHOWN 200u /* bytes of a text that are printed */

static const char *const type_names[VD_TYPES] = {"none", "text", "png", "bmp", "tiff", "jpeg"};

static void print_selection(uint32_t selection) { print(selection ? "primary" : "clipboard"); }

static void print_type(uint32_t type) {
  if (type < VD_TYPES) return print(type_names[type]);
  print("type ");
  print_dec(type);
}

/* "clipboard: WHAT" and the end of the line. */
static void vd_says(uint32_t selection, const char *what) {
  print_selection(selection);
  print(": ");
  print(what);
  print("\n");
}

static void vd_offered(uint32_t selection, uint32_t types) {
  print_selection(selection);
  print(": the host offers");
  for (uint32_t t = 1; t < VD_TYPES; t++) {
    if (!(types >> t & 1)) continue;
    print(" ");
    print_type(t);
  }
  print(types ? "\n" : " nothing\n");
}

static void vd_asked(uint32_t selection, uint32_t type, int64_t size) {
  print_selection(selection);
  print(": the host asks for ");
  print_type(type);
  if (size < 0) return print(", refused\n");
  print(", ");
  print_dec((uint64_t)size);
  print(" bytes\n");
}

static void print_content(const char *verb, uint32_t type, const uint8_t *bytes, uint32_t size) {
  print(verb);
  print_type(type);
  print(", ");
  print_dec(size);
  print(" bytes, crc32 ");
  print_hex(crc32(bytes, size), 8);
}

static void vd_pasted(uint32_t selection, uint32_t type, const uint8_t *bytes, uint32_t size) {
  print_selection(selection);
  print_content(": pasted ", type, bytes, size);
  if (type == VD_TEXT && size && size <= SHOWN) {
    print(": ");
    for (uint32_t i = 0; i < size; i++) {
      if (bytes[i] >= 0x20 && bytes[i] != 0x7f) {
        putch(bytes[i]);
        continue;
      }
      print("\\x");
      print_hex(bytes[i], 2);
    }
  }
  print("\n");
}

/* Lines of 63 letters and digits from SplitMix64, as harness/src/run/clipboard/content.rs makes them. */
static void make_lines(uint8_t *out, uint32_t size, uint64_t state) {
  uint64_t z = 0;
  for (uint32_t i = 0; i < size; i++, z >>= 8) {
    if (i % 8 == 0) {
      z = state += 0x9e3779b97f4a7c15ull;
      z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
      z = (z ^ z >> 27) * 0x94d049bb133111ebull;
      z ^= z >> 31;
    }
    out[i] = i % 64 == 63 ? '\n' : (uint8_t)"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ."[z % 64];
  }
}

/* Moves `*line` behind `word` and one space, if it begins so. */
static int is(const char **line, const char *word) {
  const char *p = *line;
  while (*word && *p == *word) p++, word++;
  if (*word || (*p && *p != ' ')) return 0;
  *line = *p ? p + 1 : p;
  return 1;
}

static uint32_t number(const char **line) {
  uint64_t v = 0;
  for (; **line >= '0' && **line <= '9'; (*line)++)
    if (v <= CONTENT_MAX) v = v * 10 + (uint64_t)(**line - '0');
  if (**line == ' ') (*line)++;
  return (uint32_t)v;
}

static void copy(uint32_t selection, const char *line) {
  uint8_t *to = (uint8_t *)(COPIED + selection * APART);
  uint32_t size = 0, type = VD_TEXT, further = 0;
  if (is(&line, "text")) {
    for (; line[size]; size++) to[size] = (uint8_t)line[size];
  } else if (is(&line, "lines")) {
    size = number(&line);
    if (size > CONTENT_MAX) return print("more than 4 MiB\n");
    make_lines(to, size, number(&line));
  } else if (is(&line, "png")) {
    type = VD_PNG, size = sizeof png_small;
    memcpy(to, png_small, size);
  } else if (is(&line, "picture")) {
    uint32_t rows = number(&line);
    if (!rows || rows > 2048) return print("1 to 2048 rows\n");
    type = VD_PNG, size = png_large(to, rows);
  } else if (is(&line, "nothing")) {
    further = 1u << VD_PNG;
  } else {
    return print("copy what?\n");
  }
  vd_forget(&vd_selections[selection]);
  if (!further) {
    vd_selections[selection].own[type].bytes = to;
    vd_selections[selection].own[type].size = size;
    print_content("copied ", type, to, size);
    print("\n");
  }
  vd_grab(selection, further);
}

static void paste(uint32_t selection, uint32_t type) {
  if (vd_selections[selection].asked) return vd_says(selection, "another paste waits");
  vd_request(selection, type);
}

/* Does what a line says; 0 for "quit". */
static int command(const char *line) {
  uint32_t selection = (uint32_t)is(&line, "primary");
  if (is(&line, "quit")) return 0;
  if (is(&line, "open")) {
    vd_start();
    return 1;
  }
  if (is(&line, "close")) {
    if (is(&line, "after")) vd_send_left = number(&line);
    else if (is(&line, "in")) vd_in.close_after = number(&line);
    else vd_close();
    print(vd_open ? "to be closed\n" : "closed\n");
    return 1;
  }
  if (!vd_open || !port_host_open || !(vd_host_caps & VD_CAP_DEMAND)) print("no host to copy to or paste from\n");
  else if (is(&line, "copy")) copy(selection, line);
  else if (is(&line, "offer png")) copy(selection, "nothing");
  else if (is(&line, "paste text")) paste(selection, VD_TEXT);
  else if (is(&line, "paste png")) paste(selection, VD_PNG);
  else if (is(&line, "release")) vd_release(selection);
  else print("unknown command\n");
  return 1;
}

/* The next line that was typed, once it is whole. */
static const char *typed(void) {
  static char line[256];
  static uint32_t n;
  while (!(mmio32_read(UART + 0x18) & 1 << 4)) { /* UARTFR.RXFE */
    int c = getch();
    if (c == '\n' || c == '\r') {
      line[n] = 0, n = 0;
      return line;
    }
    if (n < sizeof line - 1) line[n++] = (char)c;
  }
  return 0;
}

int main(const char *args) {
  (void)args;
  vd_content_max = CONTENT_MAX;
  for (uint32_t i = 0; i < 2; i++) vd_selections[i].pasted = (uint8_t *)(PASTED + i * APART);
  if (!port_find(VD_PORT)) {
    print("no port " VD_PORT "\n");
    return 1;
  }
  port_interrupts();
  vd_start();
  for (uint32_t ready = 0;;) {
    if (vd_poll()) continue;
    if (!ready && (vd_host_caps & VD_CAP_DEMAND)) print("ready\n");
    ready = vd_host_caps & VD_CAP_DEMAND;
    const char *line = typed();
    if (!line) port_wait();
    else if (!command(line)) break;
  }
  print("bye\n");
  return 0;
}
