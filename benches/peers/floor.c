// floor http|smtp PORT COUNT INTERVAL_MS: what one check of 127.0.0.1:PORT cannot do without, COUNT times, one after
// the other: an absolute deadline over everything, poll before what could block, one fixed buffer, no heap.
// It judges the first digits only, keeps no log, takes no command and never gives up: less would not be a check.
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char buffer[4096];
static struct timespec due;

// Waits for EVENTS on FD for what is left of ten seconds; a reply that has not come by then is a failed check.
static int ready(int fd, short events) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  long left = 10000 - (now.tv_sec - due.tv_sec) * 1000 - (now.tv_nsec - due.tv_nsec) / 1000000;
  struct pollfd one = {fd, events, 0};
  return left > 0 && poll(&one, 1, left) > 0;
}

static int answer(int fd, const char *wanted) {
  return ready(fd, POLLIN) && read(fd, buffer, sizeof buffer) > 8 && !memcmp(buffer, wanted, strlen(wanted));
}

static int check(int is_http, int port) {
  static const char head[] = "HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int error = 0, good = 0, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  socklen_t size = sizeof error;
  connect(fd, (struct sockaddr *)&to, sizeof to);
  if (ready(fd, POLLOUT) && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) && !error) {
    if (is_http)
      good = write(fd, head, sizeof head - 1) > 0 && answer(fd, "HTTP/1.");
    else
      good = answer(fd, "220") && write(fd, "NOOP\r\n", 6) == 6 && answer(fd, "250") &&
             write(fd, "QUIT\r\n", 6) == 6 && answer(fd, "221");
  }
  close(fd);
  return good;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  long interval = atol(argv[4]) * 1000000, bad = 0;
  clock_gettime(CLOCK_MONOTONIC, &due);
  for (long left = atol(argv[3]); left > 0; left--) {
    bad += !check(argv[1][0] == 'h', atoi(argv[2]));
    due.tv_nsec += interval % 1000000000;
    due.tv_sec += interval / 1000000000 + due.tv_nsec / 1000000000;
    due.tv_nsec %= 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, 0);
  }
  return bad > 0;
}
