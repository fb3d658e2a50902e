/* The guest's side of the SPICE vdagent protocol (spice-protocol, vd_agent.h) over the port of
   virtio_console.h: clipboard and primary selection, serials, content when it is asked for. Content is in
   memory that the caller gives; what the host says about sizes is counted, never believed. */
#pragma once
#include "virtio_console.h"

#define VD_PORT "com.redhat.spice.0"

/* Messages, capabilities, types. */
enum { VD_DATA = 4, VD_ANNOUNCE = 6, VD_GRAB, VD_REQUEST, VD_RELEASE, VD_DISCONNECTED = 13, VD_MAX_CLIPBOARD };
enum { VD_CAP_DEMAND = 1 << 5, VD_CAP_SELECTION = 1 << 6, VD_CAP_LF = 1 << 8, VD_CAP_MAX = 1 << 10,
       VD_CAP_NO_RELEASE = 1 << 16, VD_CAP_SERIAL = 1 << 17 };
#define VD_CAPS (VD_CAP_DEMAND | VD_CAP_SELECTION | VD_CAP_LF | VD_CAP_MAX | VD_CAP_NO_RELEASE | VD_CAP_SERIAL)
enum { VD_TEXT = 1, VD_PNG = 2, VD_TYPES = 6 };

/* Payload of a chunk, so that header and payload are one buffer of the port. */
#define VD_CHUNK (VQ_BUFFER - 8)

struct vd_selection {
  enum { VD_NOBODY, VD_HOST, VD_GUEST } owner;
  uint32_t types;  /* that the owner offers, as bits */
  uint32_t serial; /* of the next grab, the host's or ours */
  uint32_t asked;  /* the type we wait for; 0: none */
  struct { const uint8_t *bytes; uint32_t size; } own[VD_TYPES];
  uint8_t *pasted; /* memory for what the host sends, vd_content_max bytes */
};

static struct vd_selection vd_selections[2];
static uint32_t vd_content_max; /* bytes of a content, both ways */
static uint32_t vd_host_caps;
static uint32_t vd_host_max; /* what the host takes */

/* What the caller is told. */
static void vd_says(uint32_t selection, const char *what);
static void vd_offered(uint32_t selection, uint32_t types);
static void vd_asked(uint32_t selection, uint32_t type, int64_t size); /* -1: refused */
static void vd_pasted(uint32_t selection, uint32_t type, const uint8_t *bytes, uint32_t size);

/* --- To the host. */

static uint8_t vd_out[8 + VD_CHUNK];
static uint32_t vd_used;       /* payload in vd_out */
static int vd_open;            /* our end of the port */
static uint32_t vd_connection; /* port_opened of the host that we talk to */
static uint32_t vd_send_left;  /* the port is closed after so many further bytes; 0: never */

static inline uint32_t vd_u32(const uint8_t *p) {
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void vd_close(void) {
  if (vd_open) port_control(port_id, 6, 0);
  vd_open = 0;
}

/* Sends the chunk, unless the host that it is for has gone. */
static void vd_flush(void) {
  const uint32_t head[2] = {1, vd_used};
  memcpy(vd_out, head, 8);
  port_poll(VD_PORT);
  uint32_t len = 8 + vd_used;
  vd_used = 0;
  if (!vd_open || !port_host_open || port_opened != vd_connection) return;
  int last = vd_send_left && vd_send_left <= len;
  port_write(vd_out, last ? vd_send_left : len);
  if (vd_send_left) vd_send_left -= last ? vd_send_left : len;
  if (last) vd_close();
}

static void vd_put(const void *bytes, uint32_t size) {
  const uint8_t *p = bytes;
  while (size) {
    if (vd_used == VD_CHUNK) vd_flush();
    uint32_t n = size < VD_CHUNK - vd_used ? size : VD_CHUNK - vd_used;
    memcpy(vd_out + 8 + vd_used, p, n);
    vd_used += n, p += n, size -= n;
  }
}

/* A message whose body is the words, behind the selection where it has one, and the content. */
static void vd_send(uint32_t type, int selection, const uint32_t *words, uint32_t n, const void *content,
                    uint32_t size) {
  uint32_t named = selection >= 0 && (vd_host_caps & VD_CAP_SELECTION);
  const uint32_t head[5] = {1, type, 0, 0, 4 * (named + n) + size};
  const uint32_t number = (uint32_t)selection;
  vd_put(head, 20);
  if (named) vd_put(&number, 4);
  vd_put(words, 4 * n);
  vd_put(content, size);
  vd_flush();
}

static void vd_announce(uint32_t request) {
  const uint32_t words[2] = {request, VD_CAPS};
  vd_send(VD_ANNOUNCE, -1, words, 2, 0, 0);
}

/* Tells the host that we own what is in `own`, and the further types as bits. */
static void vd_grab(uint32_t selection, uint32_t further) {
  struct vd_selection *s = &vd_selections[selection];
  uint32_t words[1 + VD_TYPES], n = 0;
  if (vd_host_caps & VD_CAP_SERIAL) words[n++] = s->serial++;
  s->owner = VD_GUEST, s->types = further;
  for (uint32_t t = 1; t < VD_TYPES; t++) {
    if (s->own[t].bytes) s->types |= 1u << t;
    if (s->types & 1u << t) words[n++] = t;
  }
  vd_send(VD_GRAB, (int)selection, words, n, 0, 0);
}

static void vd_forget(struct vd_selection *s) {
  s->owner = VD_NOBODY, s->types = 0;
  for (uint32_t t = 0; t < VD_TYPES; t++) s->own[t].bytes = 0;
}

static void vd_release(uint32_t selection) {
  vd_forget(&vd_selections[selection]);
  vd_send(VD_RELEASE, (int)selection, 0, 0, 0, 0);
}

static void vd_request(uint32_t selection, uint32_t type) {
  vd_selections[selection].asked = type;
  vd_send(VD_REQUEST, (int)selection, &type, 1, 0, 0);
}

/* --- From the host. */

static struct {
  uint8_t chunk_head[8], head[20], body[64];
  uint32_t chunk_have, head_have, body_have; /* bytes of these */
  uint32_t chunk_left;                       /* of the chunk's payload */
  uint32_t size, at;                         /* of the body, and how much of it has come */
  uint32_t close_after;                      /* the port is closed after so much content; 0: never */
} vd_in;

static void vd_ask_failed(uint32_t selection, const char *why) {
  if (vd_selections[selection].asked) vd_says(selection, why);
  vd_selections[selection].asked = 0;
}

/* The host, or what it remembers of us, is new. */
static void vd_begin_anew(void) {
  for (uint32_t i = 0; i < 2; i++) {
    vd_ask_failed(i, "paste failed: the host began anew");
    vd_forget(&vd_selections[i]);
    vd_selections[i].serial = 0;
  }
}

static void vd_announced(const uint8_t *body, uint32_t size) {
  if (size < 8) return vd_says(0, "malformed announcement");
  vd_host_caps = vd_u32(body + 4);
  vd_host_max = ~0u;
  if (!vd_u32(body)) return;
  vd_begin_anew();
  vd_announce(0);
  if (vd_host_caps & VD_CAP_MAX) vd_send(VD_MAX_CLIPBOARD, -1, &vd_content_max, 1, 0, 0);
}

static void vd_grabbed(uint32_t selection, const uint8_t *body, uint32_t size) {
  struct vd_selection *s = &vd_selections[selection];
  if (vd_host_caps & VD_CAP_SERIAL) {
    if (size < 4) return vd_says(selection, "malformed grab");
    uint32_t serial = vd_u32(body);
    /* One less than is due: both grabbed at once, and the host wins. */
    if (serial != s->serial && serial + 1 != s->serial) return vd_says(selection, "grab with a wrong serial");
    s->serial = serial + 1;
    body += 4, size -= 4;
  }
  vd_forget(s);
  s->owner = VD_HOST;
  for (; size >= 4; body += 4, size -= 4)
    if (vd_u32(body) < VD_TYPES) s->types |= 1u << vd_u32(body);
  vd_offered(selection, s->types);
}

static void vd_requested(uint32_t selection, uint32_t type) {
  const struct vd_selection *s = &vd_selections[selection];
  int have = s->owner == VD_GUEST && type < VD_TYPES && s->own[type].bytes && s->own[type].size <= vd_host_max;
  uint32_t size = have ? s->own[type].size : 0;
  vd_asked(selection, type, have ? (int64_t)size : -1);
  vd_send(VD_DATA, (int)selection, &type, 1, have ? s->own[type].bytes : 0, size);
}

static void vd_data(uint32_t selection, uint32_t type, uint32_t size) {
  struct vd_selection *s = &vd_selections[selection];
  if (!s->asked || (type && type != s->asked)) return vd_says(selection, "content that nobody asked for");
  if (size > vd_content_max) return vd_ask_failed(selection, "paste failed: too large");
  if (!type) return vd_ask_failed(selection, "paste refused");
  s->asked = 0;
  vd_pasted(selection, type, s->pasted, size);
}

/* A message is complete; of long ones the body's beginning is here. */
static void vd_message(void) {
  const uint8_t *body = vd_in.body;
  uint32_t type = vd_u32(vd_in.head + 4), size = vd_in.size < 64 ? vd_in.size : 64, selection = 0;
  if (vd_u32(vd_in.head) != 1) return vd_says(0, "message of another protocol");
  if (type == VD_ANNOUNCE) return vd_announced(body, size);
  if (type == VD_MAX_CLIPBOARD && size == 4) vd_host_max = vd_u32(body); /* -1, no limit, is the largest */
  if (type == VD_DISCONNECTED) return vd_begin_anew();
  if (type != VD_GRAB && type != VD_REQUEST && type != VD_RELEASE && type != VD_DATA) return;
  uint32_t head = (vd_host_caps & VD_CAP_SELECTION) ? 4 : 0;
  uint32_t least = head + (type == VD_REQUEST || type == VD_DATA ? 4 : 0);
  if (size < least) return vd_says(0, "malformed message");
  if (head) selection = *body, body += 4, size -= 4;
  if (selection > 1) return vd_says(0, "another selection than ours");
  if (type == VD_GRAB) vd_grabbed(selection, body, size);
  if (type == VD_REQUEST) vd_requested(selection, vd_u32(body));
  if (type == VD_DATA) vd_data(selection, vd_u32(body), vd_in.size - least);
  if (type == VD_RELEASE && vd_selections[selection].owner == VD_HOST) {
    vd_forget(&vd_selections[selection]);
    vd_offered(selection, 0);
    vd_ask_failed(selection, "paste failed: the host released");
  }
}

/* Bytes of the body: the first into `body`, those of content into the memory for it too. */
static void vd_body(const uint8_t *p, uint32_t len) {
  uint32_t head = (vd_host_caps & VD_CAP_SELECTION) ? 8 : 4;
  int content = vd_u32(vd_in.head + 4) == VD_DATA;
  for (uint32_t i = 0; i < len; i++, vd_in.at++) {
    if (vd_in.at < sizeof vd_in.body) vd_in.body[vd_in.at] = p[i];
    if (!content || vd_in.at < head || vd_in.at - head >= vd_content_max) continue;
    uint32_t selection = head == 8 ? vd_in.body[0] : 0;
    if (selection < 2 && vd_selections[selection].asked) vd_selections[selection].pasted[vd_in.at - head] = p[i];
    if (vd_in.close_after && vd_in.at - head + 1 == vd_in.close_after) {
      vd_in.close_after = 0;
      vd_close();
      return;
    }
  }
}

/* Moves bytes to `to`, of which `have` are there, until there are `all`; how many. */
static uint32_t vd_gather(uint8_t *to, uint32_t *have, uint32_t all, const uint8_t *p, uint32_t len) {
  uint32_t n = len < all - *have ? len : all - *have;
  memcpy(to + *have, p, n);
  *have += n;
  return n;
}

static void vd_receive(const uint8_t *p, uint32_t len) {
  while (len && vd_open) {
    uint32_t n;
    if (!vd_in.chunk_left) {
      n = vd_gather(vd_in.chunk_head, &vd_in.chunk_have, 8, p, len);
      p += n, len -= n;
      if (vd_in.chunk_have < 8) continue;
      vd_in.chunk_have = 0;
      vd_in.chunk_left = vd_u32(vd_in.chunk_head + 4);
      continue;
    }
    n = len < vd_in.chunk_left ? len : vd_in.chunk_left;
    if (vd_u32(vd_in.chunk_head) != 1) {
      /* Another port's: not ours to read. */
    } else if (vd_in.head_have < 20) {
      n = vd_gather(vd_in.head, &vd_in.head_have, 20, p, n);
      vd_in.size = vd_u32(vd_in.head + 16), vd_in.at = 0;
    } else {
      n = n < vd_in.size - vd_in.at ? n : vd_in.size - vd_in.at;
      vd_body(p, n);
    }
    p += n, len -= n, vd_in.chunk_left -= n;
    if (vd_open && vd_in.head_have == 20 && vd_in.at == vd_in.size) {
      vd_in.head_have = 0;
      vd_message();
    }
  }
}

/* Opens the port, or opens it again, as an agent that has just started. */
static void vd_start(void) {
  static uint8_t block[VQ_BUFFER];
  vd_close();
  while (port_read(block)) { } /* of the last connection */
  memset(&vd_in, 0, sizeof vd_in);
  vd_host_caps = 0, vd_host_max = ~0u, vd_connection = port_opened, vd_send_left = 0;
  vd_begin_anew();
  port_control(port_id, 6, 1);
  vd_open = 1;
  vd_announce(1);
}

/* Does what is due; 0 when nothing was. */
static int vd_poll(void) {
  static uint8_t block[VQ_BUFFER];
  port_poll(VD_PORT);
  if (vd_open && vd_connection != port_opened) {
    vd_start();
    return 1;
  }
  uint32_t len = vd_open ? port_read(block) : 0;
  vd_receive(block, len);
  return len != 0;
}
