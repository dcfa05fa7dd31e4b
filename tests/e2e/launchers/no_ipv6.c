/* no_ipv6 COMMAND...: runs COMMAND as on a kernel without IPv6: socket(2) answers EAFNOSUPPORT. */
#include "refuse.h"
#include <sys/socket.h>

/* One architecture, by the number of its socket(2). */
#define SOCKET(arch_, number)                                                                                          \
    LOAD(arch), IF(BPF_JEQ, arch_, 5), LOAD(nr), IF(BPF_JEQ, number, 3), LOAD(args[0]), IF(BPF_JEQ, AF_INET6, 1),      \
    FAIL(EAFNOSUPPORT)

int main(int argc, char **argv) {
    struct sock_filter code[] = {
        SOCKET(AUDIT_ARCH_X86_64, 41),
        SOCKET(AUDIT_ARCH_I386, 359),
        END(SECCOMP_RET_ALLOW),
    };
    return run_below(code, sizeof code, argv + (argc > 0));
}
