/* old_kernel 2.6.27|3.2 COMMAND...: runs COMMAND without the system calls of later kernels: they answer ENOSYS, as they
 * did there, and open-file-description locks (3.15) EINVAL. Flags, and files below /proc, are not taken away. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define END(what) BPF_STMT(BPF_RET | BPF_K, what)
#define FAIL(number) END(SECCOMP_RET_ERRNO | (number))
/* Skips so many instructions unless what was loaded compares so with the value. */
#define IF(comparison, value, skipped) BPF_JUMP(BPF_JMP | BPF_K | comparison, value, 0, skipped)
/* One architecture: the first number of later kernels, accept4 if it came later with an earlier number, fcntl. */
#define CALLS(arch_, later, accept4, fcntl)                                                                            \
    LOAD(arch), IF(BPF_JEQ, arch_, 12),                                                                                \
    LOAD(nr), IF(BPF_JGE, later, 1), FAIL(ENOSYS), IF(BPF_JEQ, accept4, 1), FAIL(ENOSYS), IF(BPF_JEQ, fcntl, 5),       \
    LOAD(args[1]), IF(BPF_JGE, 36, 3), IF(BPF_JGT, 38, 1), END(SECCOMP_RET_ALLOW), FAIL(EINVAL), END(SECCOMP_RET_ALLOW)

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    int is_oldest = strcmp(argv[1], "2.6.27") == 0;
    unsigned none = ~0u;
    struct sock_filter code[] = {
        CALLS(AUDIT_ARCH_X86_64, is_oldest ? 295 : 312, is_oldest ? 288 : none, 72),
        CALLS(AUDIT_ARCH_I386, is_oldest ? 333 : 349, none, 221),
        END(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("seccomp");
        return 125;
    }
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
