/* Before the C library: counts every write, sync, cut and removal below SHIM_DIR, and lets the n-th one go wrong.
 * shim_arm(n, action, times): action 0 only counts, -1 ends the process before the call, else an errno. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long at = -1, seen = 0, action = 0, times = 1;

void shim_arm(long n, long what, long how_often) { at = n; action = what; times = how_often; seen = 0; }
long shim_seen(void) { return seen; }

static int ours(const char *path) {
    const char *dir = getenv("SHIM_DIR");
    return dir && strncmp(path, dir, strlen(dir)) == 0;
}

static int wrong(const char *path) {
    if (at < 0 || !ours(path)) return 0;
    seen++;
    if (seen < at || seen >= at + times || action == 0) return 0;
    if (action < 0) _exit(137);
    errno = (int)action;
    return 1;
}

static int wrong_fd(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return wrong(path);
}

#define NEXT(name) __typeof__(&name) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *data, size_t n) { NEXT(write); return wrong_fd(fd) ? -1 : next(fd, data, n); }
ssize_t pwrite64(int fd, const void *d, size_t n, off64_t o) { NEXT(pwrite64); return wrong_fd(fd) ? -1 : next(fd, d, n, o); }
ssize_t pwrite(int fd, const void *d, size_t n, off_t o) { NEXT(pwrite); return wrong_fd(fd) ? -1 : next(fd, d, n, o); }
int fsync(int fd) { NEXT(fsync); return wrong_fd(fd) ? -1 : next(fd); }
int fdatasync(int fd) { NEXT(fdatasync); return wrong_fd(fd) ? -1 : next(fd); }
int ftruncate64(int fd, off64_t n) { NEXT(ftruncate64); return wrong_fd(fd) ? -1 : next(fd, n); }
int ftruncate(int fd, off_t n) { NEXT(ftruncate); return wrong_fd(fd) ? -1 : next(fd, n); }
int unlink(const char *path) { NEXT(unlink); return wrong(path) ? -1 : next(path); }
