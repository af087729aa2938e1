// What all attacks share: each try says on a line of its own whether it was kept off or went THROUGH. Tries are made in a child
// with a clock of its own, since a system call that is filtered may kill, and since every attack has to end by itself.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static void said(const char *word, const char *what, const char *format, ...) {
  va_list values;
  va_start(values, format);
  printf("%s %s: ", word, what);
  vprintf(format, values);
  printf("\n");
  fflush(stdout);
  va_end(values);
}
#define kept(what, ...) said("kept", what, __VA_ARGS__)
#define through(what, ...) said("THROUGH", what, __VA_ARGS__)

static int is_refusal(int number) { return number == EPERM || number == EACCES || number == ENOSYS; }

/** Of a call that has to be refused by whoever guards, not fail by its arguments. */
__attribute__((unused)) static void refused(const char *what, long result) {
  int number = errno;
  if (result == -1 && is_refusal(number)) kept(what, "%s", strerrorname_np(number));
  else through(what, "%ld %s", result, result == -1 ? strerrorname_np(number) : "");
}

/** Of a call that may fail in any way, but not work. */
__attribute__((unused)) static void failed(const char *what, long result) {
  int number = errno;
  if (result == -1) kept(what, "%s", strerrorname_np(number));
  else through(what, "%ld", result);
}

__attribute__((unused)) static void in_child(const char *what, void (*attempt)(const char *)) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    alarm(3);
    attempt(what);
    fflush(stdout);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) < 0) through(what, "it was not tried: %s", strerrorname_np(errno));
  else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) kept(what, "SIGSYS");
  else if (WIFSIGNALED(status)) through(what, "ended by signal %d", WTERMSIG(status));
}
