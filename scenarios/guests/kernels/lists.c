/* Linked-list and state-machine work of the CoreMark kind (own code): list search, merge sort and
   reversal, a scanner for numbers, 16-bit matrix work, a CRC over the results. */
#include "../lib/inn.h"

struct node {
  struct node *next;
  int16_t key, value;
};

#define NODES 200
static struct node pool[NODES];

static uint16_t crc16(uint16_t crc, uint16_t v) {
  for (int i = 0; i < 16; i++, v >>= 1) crc = (uint16_t)((crc >> 1) ^ (((crc ^ v) & 1) ? 0xa001 : 0));
  return crc;
}

static struct node *reverse(struct node *l) {
  struct node *r = 0;
  while (l) {
    struct node *n = l->next;
    l->next = r;
    r = l;
    l = n;
  }
  return r;
}

static int by_key(const struct node *a, const struct node *b) { return a->key - b->key; }
static int by_value(const struct node *a, const struct node *b) { return a->value - b->value; }

static struct node *sort(struct node *l, int (*order)(const struct node *, const struct node *)) {
  if (!l || !l->next) return l;
  struct node *slow = l, *fast = l->next;
  while (fast && fast->next) {
    slow = slow->next;
    fast = fast->next->next;
  }
  struct node *b = sort(slow->next, order);
  slow->next = 0;
  struct node *a = sort(l, order), head, *tail = &head;
  while (a && b) {
    struct node **smaller = order(a, b) <= 0 ? &a : &b;
    tail->next = *smaller;
    tail = *smaller;
    *smaller = (*smaller)->next;
  }
  tail->next = a ? a : b;
  return head.next;
}

static struct node *find(struct node *l, int16_t value) {
  while (l && l->value != value) l = l->next;
  return l;
}

enum state { START, SIGN, INTEGER, POINT, EXPONENT, EXPONENT_SIGN, SCIENTIFIC, INVALID, STATES };

static enum state step(enum state s, char c) {
  int digit = c >= '0' && c <= '9';
  switch (s) {
  case START: return digit ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? POINT : INVALID;
  case SIGN: return digit ? INTEGER : c == '.' ? POINT : INVALID;
  case INTEGER: return digit ? INTEGER : c == '.' ? POINT : INVALID;
  case POINT: return digit ? POINT : c == 'e' ? EXPONENT : INVALID;
  case EXPONENT: return c == '+' || c == '-' ? EXPONENT_SIGN : INVALID;
  case EXPONENT_SIGN:
  case SCIENTIFIC: return digit ? SCIENTIFIC : INVALID;
  default: return INVALID;
  }
}

static uint16_t scan(const char *p, uint16_t crc) {
  uint16_t seen[STATES] = {0};
  while (*p) {
    enum state s = START;
    for (; *p && *p != ','; p++) s = s == INVALID ? s : step(s, *p);
    seen[s]++;
    if (*p) p++;
  }
  for (int i = 0; i < STATES; i++) crc = crc16(crc, seen[i]);
  return crc;
}

#define M 12
static int16_t ma[M][M], mb[M][M];

static uint16_t matrix(int16_t seed, uint16_t crc) {
  int32_t sum = 0;
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++) {
      ma[i][j] = (int16_t)(seed + i * j);
      mb[i][j] = (int16_t)(seed ^ (i + j * 3));
    }
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++) {
      int32_t s = 0;
      for (int k = 0; k < M; k++) s += ma[i][k] * mb[k][j];
      sum += s >> 2 & 0x7f;
      if (sum > 20000) sum = -sum, crc = crc16(crc, (uint16_t)s);
    }
  return crc16(crc, (uint16_t)sum);
}

int main(const char *args) {
  static const char text[] = "5012,1234,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,-87e+832,"
                             "+0.6e-12,T0.3e-1F,-T.T++Tq,1T3.4e4z,34.0e-T^";
  uint64_t rounds = argument(args, "n=", 60), seed = 5;
  uint16_t crc = 0;
  for (int i = 0; i < NODES; i++) {
    pool[i].next = i + 1 < NODES ? &pool[i + 1] : 0;
    pool[i].key = (int16_t)next_random(&seed);
    pool[i].value = (int16_t)(next_random(&seed) & 255);
  }
  struct node *l = pool;
  for (uint64_t r = 0; r < rounds; r++) {
    for (int v = 0; v < 32; v++) {
      struct node *n = find(l, (int16_t)(v * 8 + (int)(r & 7)));
      crc = crc16(crc, n ? (uint16_t)n->key : 0xffff);
      if (v % 8 == 0) l = reverse(l);
    }
    l = sort(l, r & 1 ? by_key : by_value);
    crc = scan(text + r % 5, crc);
    crc = matrix((int16_t)(crc + r), crc);
  }
  result("lists", crc);
  return 0;
}
