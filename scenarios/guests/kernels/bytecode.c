/* A byte-code interpreter with switch dispatch, running a small prime sieve and an arithmetic loop. */
#include "../lib/inn.h"

enum { PUSH, LOAD, STORE, ADD, SUB, MUL, MOD, LESS, JZ, JMP, PEEK, POKE, HALT };

static uint64_t memory[1024];

static uint64_t run(const int16_t *code) {
  uint64_t stack[32], local[8] = {0}, steps = 0;
  int sp = 0;
  for (const int16_t *pc = code;;) {
    steps++;
    switch (*pc++) {
    case PUSH: stack[sp++] = (uint64_t)(int64_t)*pc++; break;
    case LOAD: stack[sp++] = local[*pc++]; break;
    case STORE: local[*pc++] = stack[--sp]; break;
    case ADD: sp--; stack[sp - 1] += stack[sp]; break;
    case SUB: sp--; stack[sp - 1] -= stack[sp]; break;
    case MUL: sp--; stack[sp - 1] *= stack[sp]; break;
    case MOD: sp--; stack[sp - 1] %= stack[sp] ? stack[sp] : 1; break;
    case LESS: sp--; stack[sp - 1] = stack[sp - 1] < stack[sp]; break;
    case JZ: pc = stack[--sp] ? pc + 1 : code + *pc; break;
    case JMP: pc = code + *pc; break;
    case PEEK: stack[sp - 1] = memory[stack[sp - 1] & 1023]; break;
    case POKE: sp -= 2; memory[stack[sp + 1] & 1023] = stack[sp]; break;
    case HALT: return steps * 1000003 + local[2];
    }
  }
}

/* A sieve: local 0 is the candidate, 1 the multiple, 2 the count of primes below 1000. */
static const int16_t program[] = {
    PUSH, 2, STORE, 0,
    /* 4 outer */ LOAD, 0, PUSH, 1000, LESS, JZ, 59, LOAD, 0, PEEK, JZ, 18, JMP, 50,
    /* 18 prime */ LOAD, 2, PUSH, 1, ADD, STORE, 2, LOAD, 0, STORE, 1,
    /* 29 sieve */ LOAD, 1, PUSH, 1000, LESS, JZ, 50, PUSH, 1, LOAD, 1, POKE, LOAD, 1, LOAD, 0, ADD,
    STORE, 1, JMP, 29,
    /* 50 next */ LOAD, 0, PUSH, 1, ADD, STORE, 0, JMP, 4,
    /* 59 done */ HALT,
};

int main(const char *args) {
  uint64_t rounds = argument(args, "n=", 40), sum = 0;
  for (uint64_t r = 0; r < rounds; r++) {
    for (int i = 0; i < 1024; i++) memory[i] = 0;
    sum = sum * 31 + run(program) + r;
  }
  result("bytecode", sum);
  return 0;
}
