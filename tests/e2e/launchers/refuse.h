/* What the launchers have in common: a seccomp filter, and the command that runs below it. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define END(what) BPF_STMT(BPF_RET | BPF_K, what)
#define FAIL(number) END(SECCOMP_RET_ERRNO | (number))
/* Skips so many instructions unless what was loaded compares so with the value. */
#define IF(comparison, value, skipped) BPF_JUMP(BPF_JMP | BPF_K | comparison, value, 0, skipped)

/* Runs the command below the filter. */
static int run_below(struct sock_filter *code, size_t size, char **command) {
    struct sock_fprog program = {size / sizeof *code, code};
    if (!command[0]) return 2;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("seccomp");
        return 125;
    }
    execvp(command[0], command);
    perror(command[0]);
    return 127;
}
