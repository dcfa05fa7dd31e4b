// first RUNS COMMAND...: how long a program takes from its start to its first verdict on a web server, in µs without the
// server's own time: the median, the least and the most of RUNS starts.
//
// The server is here, on 127.0.0.1:8090. The verdict is there when the connection is closed after the answer. A command
// that goes on afterwards, as a monitor does, is told to end.
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static int by_size(const void *a, const void *b) {
  long one = *(const long *)a, other = *(const long *)b;
  return (one > other) - (one < other);
}

// Reads a request, answers it, waits for the end. Gives the µs of its own, from the request to the answer.
static long serve(int peer) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  char buffer[4096];
  ssize_t held = 0, got;
  do {
    got = read(peer, buffer + held, sizeof buffer - 1 - held);
    if (got <= 0) return -1;
    held += got;
    buffer[held] = 0;
  } while (!strstr(buffer, "\r\n\r\n"));
  long began = now();
  if (write(peer, answer, sizeof answer - 1) < 0) return -1;
  shutdown(peer, SHUT_WR);
  long own = now() - began;
  while (read(peer, buffer, sizeof buffer) > 0) {}
  return own;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int runs = atoi(argv[1]), yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  long *took = malloc(runs * sizeof *took);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8090), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  posix_spawn_file_actions_t silent;
  posix_spawn_file_actions_init(&silent);
  posix_spawn_file_actions_addopen(&silent, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&silent, 2, "/dev/null", O_WRONLY, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (runs < 1 || !took || bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 8)) return 2;
  for (int run = 0; run < runs; run++) {
    pid_t child;
    long began = now();
    if (posix_spawnp(&child, argv[2], &silent, 0, argv + 2, environ)) return 1;
    int peer = accept4(listener, 0, 0, SOCK_CLOEXEC);
    long own = serve(peer);
    took[run] = now() - began - own;
    close(peer);
    kill(child, SIGTERM);
    waitpid(child, 0, 0);
    if (own < 0) return 1;
  }
  qsort(took, runs, sizeof *took, by_size);
  printf("%ld %ld %ld\n", took[runs / 2], took[0], took[runs - 1]);
}
