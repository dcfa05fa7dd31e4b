/* old_kernel 2.6.27|3.2 COMMAND...: runs COMMAND without the system calls of later kernels: they answer ENOSYS, as they
 * did there, and open-file-description locks (3.15) EINVAL. Flags, and files below /proc, are not taken away. */
#include "refuse.h"
#include <string.h>

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
    return run_below(code, sizeof code, argv + 2);
}
