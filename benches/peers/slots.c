// slots SECONDS INTERVAL_MS: when the checks of many monitors begin, by the packets that begin a connection on loopback,
// each monitor watching an address of its own. A monitor's slots are INTERVAL_MS apart; the first is where none of its
// checks is early. Prints the number of monitors and of checks, how late these began in µs (median, 99 of 100, the
// worst), and how many by more than 50 ms.
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MOST = 1 << 20, LATE_US = 50000 };
struct check {
  unsigned to;
  long at;
};
static struct check checks[MOST];
static long late[MOST];

static int by_monitor(const void *a, const void *b) {
  const struct check *one = a, *other = b;
  if (one->to != other->to) return one->to < other->to ? -1 : 1;
  return (one->at > other->at) - (one->at < other->at);
}

static int by_size(const void *a, const void *b) {
  long one = *(const long *)a, other = *(const long *)b;
  return (one > other) - (one < other);
}

// Only TCP packets with SYN and without ACK, on their way out: IPv4 without options behind an Ethernet header.
static int listener(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE), BPF_JUMP(BPF_JMP | BPF_JEQ, PACKET_OUTGOING, 0, 5),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 9), BPF_JUMP(BPF_JMP | BPF_JEQ, IPPROTO_TCP, 0, 3),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 20 + 13), BPF_JUMP(BPF_JMP | BPF_JEQ, 2, 0, 1),
      BPF_STMT(BPF_RET, 64), BPF_STMT(BPF_RET, 0)};
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  int yes = 1, room = 1 << 22, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) ||
      setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) ||
      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room))
    return -1;
  struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  return bind(fd, (struct sockaddr *)&all, sizeof all) ? -1 : fd;
}

// One packet: whom it asks, and when the kernel saw it.
static int take(int fd, struct check *check) {
  unsigned char packet[64], control[128];
  struct iovec part = {packet, sizeof packet};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(fd, &message, 0) < 14 + 20) return 0;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (!header) return 0;
  struct timespec time;
  memcpy(&time, CMSG_DATA(header), sizeof time);
  memcpy(&check->to, packet + 14 + 16, sizeof check->to);
  check->at = time.tv_sec * 1000000 + time.tv_nsec / 1000;
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long interval = atol(argv[2]) * 1000, count = 0, monitors = 0, over = 0;
  time_t end = time(0) + atol(argv[1]);
  int fd = listener();
  if (fd < 0 || interval < 1) return 2;
  struct pollfd one = {fd, POLLIN, 0};
  while (time(0) < end && count < MOST)
    if (poll(&one, 1, 1000) > 0) count += take(fd, &checks[count]);
  qsort(checks, count, sizeof *checks, by_monitor);
  for (long first = 0, last; first < count; first = last) {
    long earliest = 0, into;
    for (last = first; last < count && checks[last].to == checks[first].to; last++) {
      // Into its slot, the first check's own being zero: from half an interval before to half an interval after.
      into = (checks[last].at - checks[first].at + interval / 2) % interval - interval / 2;
      late[last] = into;
      if (into < earliest) earliest = into;
    }
    for (long each = first; each < last; each++) late[each] -= earliest;
    monitors++;
  }
  if (!count) return 1;
  qsort(late, count, sizeof *late, by_size);
  for (long each = 0; each < count; each++) over += late[each] > LATE_US;
  printf("%ld %ld %ld %ld %ld %ld\n", monitors, count, late[count / 2], late[count * 99 / 100], late[count - 1], over);
}
