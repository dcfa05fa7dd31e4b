/* no_ipv6 COMMAND...: runs COMMAND as on a kernel without IPv6: socket(2) answers EAFNOSUPPORT. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define END(what) BPF_STMT(BPF_RET | BPF_K, what)
/* Skips so many instructions unless what was loaded is the value. */
#define IF(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped)
/* One architecture, by the number of its socket(2). */
#define SOCKET(arch_, number)                                                                                          \
    LOAD(arch), IF(arch_, 5), LOAD(nr), IF(number, 3), LOAD(args[0]), IF(AF_INET6, 1),                                 \
    END(SECCOMP_RET_ERRNO | EAFNOSUPPORT)

int main(int argc, char **argv) {
    struct sock_filter code[] = {
        SOCKET(AUDIT_ARCH_X86_64, 41),
        SOCKET(AUDIT_ARCH_I386, 359),
        END(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    if (argc < 2) return 2;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("seccomp");
        return 125;
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
