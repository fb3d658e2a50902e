/* Driver of a virtio console with ports, polled (virtio 1.2, 4.2 and 5.3). One port is used, the one of
   the name given. */
#pragma once
#include "inn.h"

#define VIRTIO 0x0a000000ul
#define VQ_SIZE 8u
#define VQ_BUFFER 2048u
enum { VQ_CONTROL_IN = 2, VQ_CONTROL_OUT = 3, VQ_QUEUES = 16 };

struct vq {
  struct { uint64_t addr; uint32_t len; uint16_t flags, next; } desc[VQ_SIZE] __attribute__((aligned(16)));
  struct { uint16_t flags, idx, ring[VQ_SIZE]; } avail __attribute__((aligned(2)));
  struct { uint16_t flags, idx; struct { uint32_t id, len; } ring[VQ_SIZE]; } used __attribute__((aligned(4)));
  uint16_t seen;
  uint8_t buffer[VQ_SIZE][VQ_BUFFER] __attribute__((aligned(64))); /* apart from what the CPU writes */
};

static struct vq vq_all[VQ_QUEUES];
static uint32_t vq_buffers = VQ_SIZE; /* given to the device for its writes, by queue */
static uint32_t port_id;     /* 0: not found yet */
static int port_host_open;   /* somebody outside is connected */
static uint32_t port_opened; /* how often somebody has connected */

static inline void vq_notify(uint32_t n) {
  dsb();
  mmio32(VIRTIO + 0x050, n);
}

/* Makes buffer i of queue n available. */
static inline void vq_give(uint32_t n, uint32_t i, uint32_t len, int device_writes) {
  volatile struct vq *q = &vq_all[n];
  q->desc[i].addr = (uintptr_t)q->buffer[i];
  q->desc[i].len = len;
  q->desc[i].flags = device_writes ? 2 : 0;
  q->avail.ring[q->avail.idx % VQ_SIZE] = i;
  dsb();
  q->avail.idx++;
}

static inline void vq_set_up(uint32_t n, int device_writes) {
  volatile struct vq *q = &vq_all[n];
  mmio32(VIRTIO + 0x030, n);
  mmio32(VIRTIO + 0x038, VQ_SIZE);
  const uintptr_t parts[3] = {(uintptr_t)q->desc, (uintptr_t)&q->avail, (uintptr_t)&q->used};
  for (int i = 0; i < 3; i++) {
    mmio32(VIRTIO + 0x080 + 0x10 * i, (uint32_t)parts[i]);
    mmio32(VIRTIO + 0x084 + 0x10 * i, (uint32_t)(parts[i] >> 32));
  }
  mmio32(VIRTIO + 0x044, 1);
  if (device_writes)
    for (uint32_t i = 0; i < vq_buffers; i++) vq_give(n, i, VQ_BUFFER, 1);
}

/* Sends at most a buffer of bytes through queue n; waits until the device has taken them. */
static inline void vq_send(uint32_t n, const void *bytes, uint32_t len) {
  volatile struct vq *q = &vq_all[n];
  memcpy((void *)q->buffer[0], bytes, len);
  vq_give(n, 0, len, 0);
  vq_notify(n);
  while (q->used.idx != q->avail.idx) dsb();
}

static inline void port_control(uint32_t id, uint16_t event, uint16_t value) {
  const struct { uint32_t id; uint16_t event, value; } message = {id, event, value};
  vq_send(VQ_CONTROL_OUT, &message, 8);
}

static inline int same_name(const volatile uint8_t *a, uint32_t len, const char *b) {
  if (len && !a[len - 1]) len--; /* QEMU sends the NUL too */
  for (uint32_t i = 0; i < len; i++)
    if (a[i] != (uint8_t)b[i] || !b[i]) return 0;
  return !b[len];
}

/* Looks at what the device has to say about its ports. */
static inline void port_poll(const char *name) {
  volatile struct vq *q = &vq_all[VQ_CONTROL_IN];
  while (q->seen != q->used.idx) {
    dsb();
    uint32_t i = q->used.ring[q->seen % VQ_SIZE].id, len = q->used.ring[q->seen % VQ_SIZE].len;
    volatile uint8_t *m = q->buffer[i];
    uint32_t id = m[0] | m[1] << 8, event = m[4], value = m[6];
    q->seen++;
    int named = event == 7 && same_name(m + 8, len - 8, name);
    vq_give(VQ_CONTROL_IN, i, VQ_BUFFER, 1);
    vq_notify(VQ_CONTROL_IN);
    if (event == 1) port_control(id, 3, 1);
    if (named) {
      port_id = id;
      port_control(id, 6, 1);
    }
    if (event == 6 && id == port_id) {
      port_host_open = value;
      port_opened += value;
    }
  }
}

/* Finds the port; 0 when there is no such device or port. */
static inline int port_find(const char *name) {
  if (mmio32_read(VIRTIO) != 0x74726976 || mmio32_read(VIRTIO + 8) != 3) return 0;
  mmio32(VIRTIO + 0x070, 0);
  mmio32(VIRTIO + 0x070, 3);
  mmio32(VIRTIO + 0x024, 0);
  mmio32(VIRTIO + 0x020, 2); /* VIRTIO_CONSOLE_F_MULTIPORT */
  mmio32(VIRTIO + 0x024, 1);
  mmio32(VIRTIO + 0x020, 1); /* VIRTIO_F_VERSION_1 */
  mmio32(VIRTIO + 0x070, 11);
  if (mmio32_read(VIRTIO + 0x070) != 11) return 0;
  uint32_t queues = 2 * (mmio32_read(VIRTIO + 0x104) + 1);
  for (uint32_t n = 0; n < queues && n < VQ_QUEUES; n++) vq_set_up(n, n % 2 == 0);
  mmio32(VIRTIO + 0x070, 15);
  port_control(0, 0, 1);
  for (int i = 0; i < 1000 && !port_id; i++) port_poll(name);
  return port_id != 0;
}

/* Lets interrupts of the device and of the UART's input end port_wait(). They stay masked at the CPU, so
   none is taken: that one is pending ends WFI. */
static inline void port_interrupts(void) {
  mmio32(GICD + 0x104, 1u << 1 | 1u << 16); /* enabled: 33, the UART, and 48, the device */
  mmio32(GICD + 0x820, 1u << 8);            /* for CPU 0 */
  mmio32(GICD + 0x830, 1);
  mmio32(GICC + 0x04, 0xff);
  mmio32(GICC, 1);
  mmio32(GICD, 1);
  mmio32(UART + 0x38, 1u << 4 | 1u << 6); /* UARTIMSC: RX and RT */
}

/* Sleeps until there may be something new. */
static inline void port_wait(void) {
  __asm__ volatile("wfi" ::: "memory");
  mmio32(VIRTIO + 0x064, mmio32_read(VIRTIO + 0x060));
}

/* Takes the next block from the port, at most VQ_BUFFER bytes; 0 when there is none. */
static inline uint32_t port_read(uint8_t *out) {
  uint32_t n = 2 * port_id + 2;
  volatile struct vq *q = &vq_all[n];
  if (q->seen == q->used.idx) return 0;
  dsb();
  uint32_t i = q->used.ring[q->seen % VQ_SIZE].id, len = q->used.ring[q->seen % VQ_SIZE].len;
  memcpy(out, (void *)q->buffer[i], len);
  q->seen++;
  vq_give(n, i, VQ_BUFFER, 1);
  vq_notify(n);
  return len;
}

static inline void port_write(const void *bytes, uint32_t len) {
  const uint8_t *p = bytes;
  while (len) {
    uint32_t n = len < VQ_BUFFER ? len : VQ_BUFFER;
    vq_send(2 * port_id + 3, p, n);
    p += n;
    len -= n;
  }
}
