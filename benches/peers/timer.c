// timer TURNS INTERVAL_MS: a bare timer loop: sleeps to each point of a grid, does nothing, and prints how late it woke,
// in µs: the median and the worst. What it shows is the machine's, not a monitor's.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int by_size(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int turns = atoi(argv[1]), *late = malloc(turns * sizeof *late);
  long interval = atol(argv[2]) * 1000000;
  struct timespec due, now;
  if (turns < 1 || !late) return 2;
  clock_gettime(CLOCK_MONOTONIC, &due);
  for (int turn = 0; turn < turns; turn++) {
    due.tv_nsec += interval % 1000000000;
    due.tv_sec += interval / 1000000000 + due.tv_nsec / 1000000000;
    due.tv_nsec %= 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, 0);
    clock_gettime(CLOCK_MONOTONIC, &now);
    late[turn] = (now.tv_sec - due.tv_sec) * 1000000 + (now.tv_nsec - due.tv_nsec) / 1000;
  }
  qsort(late, turns, sizeof *late, by_size);
  printf("%d %d\n", late[turns / 2], late[turns - 1]);
}
