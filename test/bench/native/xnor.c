/* Binary matrix product as a plain C loop: sums[r][o] = K - 2 popcount(x[r] ^ w[o]), K = M = 1024, 256 rows.
   Prints the best of many runs in 10^9 multiply-accumulates a second, and a checksum of the sums. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { ROWS = 256, OUTPUTS = 1024, WORDS = 16, RUNS = 200 };

uint64_t x[ROWS * WORDS], w[OUTPUTS * WORDS];
int32_t sums[ROWS * OUTPUTS];

__attribute__((noinline)) void product(void) {
  for (int r = 0; r < ROWS; r++)
    for (int o = 0; o < OUTPUTS; o++) {
      int64_t count = 0;
      for (int k = 0; k < WORDS; k++) count += __builtin_popcountll(x[r * WORDS + k] ^ w[o * WORDS + k]);
      sums[r * OUTPUTS + o] = 64 * WORDS - 2 * (int32_t)count;
    }
}

/* two rows by two outputs at a time, as a careful author would write it */
__attribute__((noinline)) void tiled(void) {
  for (int r = 0; r < ROWS; r += 2)
    for (int o = 0; o < OUTPUTS; o += 2) {
      const uint64_t *xa = x + r * WORDS, *xb = xa + WORDS, *wa = w + o * WORDS, *wb = wa + WORDS;
      int64_t aa = 0, ab = 0, ba = 0, bb = 0;
      for (int k = 0; k < WORDS; k++) {
        aa += __builtin_popcountll(xa[k] ^ wa[k]);
        ab += __builtin_popcountll(xa[k] ^ wb[k]);
        ba += __builtin_popcountll(xb[k] ^ wa[k]);
        bb += __builtin_popcountll(xb[k] ^ wb[k]);
      }
      int32_t *to = sums + r * OUTPUTS + o;
      to[0] = 64 * WORDS - 2 * (int32_t)aa;
      to[1] = 64 * WORDS - 2 * (int32_t)ab;
      to[OUTPUTS] = 64 * WORDS - 2 * (int32_t)ba;
      to[OUTPUTS + 1] = 64 * WORDS - 2 * (int32_t)bb;
    }
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static uint32_t state = 1;
static uint32_t random32(void) { return state = state * 1664525u + 1013904223u; }

static double best(void (*run)(void)) {
  double least = 1e9;
  for (int i = 0; i < RUNS; i++) {
    double begin = seconds();
    run();
    double time = seconds() - begin;
    if (time < least) least = time;
  }
  return least;
}

int main(void) {
  for (int i = 0; i < ROWS * WORDS; i++) { uint64_t low = random32(); x[i] = low | (uint64_t)random32() << 32; }
  for (int i = 0; i < OUTPUTS * WORDS; i++) { uint64_t low = random32(); w[i] = low | (uint64_t)random32() << 32; }
  double plain = best(product);
  uint32_t checksum = 0;
  for (int i = 0; i < ROWS * OUTPUTS; i++) checksum = checksum * 31 + (uint32_t)sums[i];
  double two = best(tiled);
  uint32_t again = 0;
  for (int i = 0; i < ROWS * OUTPUTS; i++) again = again * 31 + (uint32_t)sums[i];
  double work = (double)ROWS * OUTPUTS * WORDS * 64 * 1e-9;
  printf("{\"plain\":%.2f,\"tiled\":%.2f,\"checksum\":%u,\"same\":%d}\n", work / plain, work / two, checksum, checksum == again);
  return 0;
}
