/* Gives back what comes in at the port org.innkeeper.echo, and says on the console who comes and goes.
   "!" as the first byte of a block is the end. */
#include "../lib/virtio_console.h"

static uint8_t block[VQ_BUFFER];

int main(const char *args) {
  (void)args;
  const char *name = "org.innkeeper.echo";
  mmu_on();
  if (!port_find(name)) {
    print("no port\n");
    return 1;
  }
  print("port ");
  print_dec(port_id);
  print("\n");
  int open = 0;
  for (;;) {
    port_poll(name);
    if (open != port_host_open) {
      open = port_host_open;
      print(open ? "connected\n" : "disconnected\n");
    }
    uint32_t len = port_read(block);
    if (!len) continue;
    if (block[0] == '!') break;
    port_write(block, len);
  }
  print("bye\n");
  return 0;
}
