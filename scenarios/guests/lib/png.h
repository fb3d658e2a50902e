/* Pictures: a small one, and one of any size, stored without compression (PNG 3rd edition; RFC 1950, 1951). */
#pragma once
#include "inn.h"

/* 4 by 4 pixels: scenarios/clipboard/data/pixel.png. */
static const uint8_t png_small[98] = {
  0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
  0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x04, 0x08, 0x02, 0x00, 0x00, 0x00, 0x26, 0x93, 0x09, 0x29, 0x00,
  0x00, 0x00, 0x29, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x0d, 0xc7, 0x31, 0x01, 0x00, 0x00, 0x0c, 0xc2,
  0x30, 0x84, 0x55, 0x18, 0x67, 0x45, 0x21, 0x70, 0xcb, 0x97, 0x24, 0x12, 0x1b, 0x17, 0x13, 0x04, 0x8b,
  0xe3, 0x53, 0xa9, 0xad, 0xeb, 0x67, 0x32, 0x3b, 0x37, 0x0f, 0xa7, 0x63, 0x13, 0x41, 0x06, 0x1a, 0x2b,
  0x55, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

/* CRC-32 of PNG, zlib and `crc32`. */
static uint32_t crc32(const uint8_t *p, uint32_t size) {
  static uint32_t table[256];
  for (uint32_t i = 0; i < 256 && !table[255]; i++) {
    table[i] = i;
    for (int bit = 0; bit < 8; bit++) table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
  }
  uint32_t crc = ~0u;
  while (size--) crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
  return ~crc;
}

static uint8_t *png_u32(uint8_t *out, uint32_t v) {
  for (int shift = 24; shift >= 0; shift -= 8) *out++ = (uint8_t)(v >> shift);
  return out;
}

/* Ends the chunk whose type is at `type`; the four bytes before it are for its length. */
static uint8_t *png_end(uint8_t *type, uint8_t *end) {
  png_u32(type - 4, (uint32_t)(end - type) - 4);
  return png_u32(end, crc32(type, (uint32_t)(end - type)));
}

/* A picture 512 pixels wide and `rows` high, a row 1537 bytes; returns its size, about 1538 by row. */
static uint32_t png_large(uint8_t *out, uint32_t rows) {
  uint8_t *p = out;
  memcpy(p, png_small, 16); /* signature, IHDR's head */
  png_u32(png_u32(p + 16, 512), rows);
  memcpy(p + 24, png_small + 24, 5); /* RGB, a byte each */
  p = png_end(p + 12, p + 29) + 4;
  uint8_t *data = p;
  memcpy(p, png_small + 37, 6); /* IDAT, zlib's head */
  p += 6;
  uint32_t left = rows * 1537, a = 1, b = 0, at = 0, in_block = 0;
  for (; left; left--, at++) {
    if (!in_block) {
      in_block = left < 65535 ? left : 65535;
      const uint8_t head[5] = {in_block == left, (uint8_t)in_block, (uint8_t)(in_block >> 8),
                               (uint8_t)~in_block, (uint8_t)(~in_block >> 8)};
      memcpy(p, head, 5);
      p += 5;
    }
    uint32_t column = at % 1537, row = at / 1537;
    *p = column ? (uint8_t)(column * row >> 4 ^ column) : 0; /* filter 0: none */
    a = (a + *p++) % 65521, b = (b + a) % 65521, in_block--;
  }
  p = png_end(data, png_u32(p, b << 16 | a)) + 4;
  memcpy(p, "IEND", 4);
  return (uint32_t)(png_end(p, p + 4) - out);
}
