// loop TURNS INTERVAL_MS TIMES COMMAND...: every INTERVAL_MS runs COMMAND, TIMES times one after the other: what starts
// a process for each check. Prints how often it ran, the CPU time of all runs in ns, and the largest one's KiB resident.
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  long turns = atol(argv[1]), interval = atol(argv[2]) * 1000000, times = atol(argv[3]), runs = 0;
  struct timespec due;
  clock_gettime(CLOCK_MONOTONIC, &due);
  for (; turns > 0; turns--) {
    for (long left = times; left > 0; left--, runs++) {
      pid_t child;
      int status;
      if (posix_spawnp(&child, argv[4], 0, 0, argv + 4, environ) || waitpid(child, &status, 0) < 0 || status)
        return 1;
    }
    due.tv_nsec += interval % 1000000000;
    due.tv_sec += interval / 1000000000 + due.tv_nsec / 1000000000;
    due.tv_nsec %= 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, 0);
  }
  struct rusage all;
  getrusage(RUSAGE_CHILDREN, &all);
  long micros = (all.ru_utime.tv_sec + all.ru_stime.tv_sec) * 1000000 + all.ru_utime.tv_usec + all.ru_stime.tv_usec;
  fprintf(stderr, "%ld %ld000 %ld\n", runs, micros, all.ru_maxrss);
}
