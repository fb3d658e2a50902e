/* Runs code that a device has written, and the CPU never. First a control message falls on instructions that
   have run often, the next ones after the store that notifies the device. Then blocks from the port
   org.innkeeper.code are called where the device has put them, all in one buffer, each until the next comes
   ("!" is the end). There is no cache maintenance, which hardware would ask for: an emulator has to notice by
   itself. */
#include "../lib/virtio_console.h"

typedef uint64_t function(uint64_t, uint64_t);

static unsigned undefined;

void exception(unsigned kind, struct frame *f) {
  (void)kind;
  if (sysreg_read(esr_el1) >> 26) semihosting_exit(99);
  undefined++;
  f->elr += 4;
}

/* notify(x0 = address, w1 = queue) returns 2. */
static uint32_t notify[] __attribute__((aligned(4096))) = {
  0xaa0003e2, /* mov x2, x0 */
  0xd2800000, /* mov x0, #0 */
  0xb9000041, /* str w1, [x2] */
  0x91000400, /* add x0, x0, #1 */
  0x91000400, /* add x0, x0, #1 */
  0xd65f03c0, /* ret */
};

static void say(const char *what, uint64_t v) {
  print(what);
  print_dec(v);
  print("\n");
}

static void message_over_code(void) {
  volatile struct vq *q = &vq_all[VQ_CONTROL_IN];
  function *f = (function *)(uintptr_t)notify;
  uint64_t sum = 0;
  vq_buffers = 0;
  port_find(""); /* The device has a message now, and no buffer for it. */
  for (int i = 0; i < 2000; i++) sum += f(VIRTIO + 0x050, VQ_CONTROL_IN);
  say("before ", sum);
  vq_give(VQ_CONTROL_IN, 0, 8, 1);
  q->desc[0].addr = (uintptr_t)&notify[3];
  dsb();
  say("after ", f(VIRTIO + 0x050, VQ_CONTROL_IN));
  say("undefined instructions ", undefined);
}

static void blocks(void) {
  memset(vq_all, 0, sizeof vq_all);
  vq_buffers = 1;
  port_id = 0;
  if (!port_find("org.innkeeper.code")) return print("no port\n");
  uint32_t n = 2 * port_id + 2;
  volatile struct vq *q = &vq_all[n];
  print("ready\n");
  for (;;) {
    while (q->seen == q->used.idx) dsb();
    q->seen++;
    if (q->buffer[0][0] == '!') return;
    /* The device may write the next block while this one runs. */
    vq_give(n, 0, VQ_BUFFER, 1);
    vq_notify(n);
    uint64_t calls = 0, value = 0;
    for (; q->seen == q->used.idx; calls++) value = ((function *)(uintptr_t)q->buffer[0])(value, 0);
    /* The last call may have met the next block. */
    say("block of ", (value + calls / 2) / calls);
  }
}

int main(const char *args) {
  (void)args;
  message_over_code();
  blocks();
  print("bye\n");
  return 0;
}
