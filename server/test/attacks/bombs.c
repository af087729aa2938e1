// What takes too much: bombs KIND. Each ends by itself: by a count, and by an alarm that its children have as well.
#include "attack.h"
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

enum { SECONDS = 20, MOST_FORKS = 20000, MOST_BYTES = 800000000, PIECE = 1 << 20 };

static void touch(volatile char *memory, size_t length) {
  for (size_t i = 0; i < length; i += 4096) memory[i] = 1;
}

/** Everybody forks until it is refused, and again. */
static void forks(void) {
  // For all of them the same end: an alarm of each would never be that of the last.
  time_t end = time(NULL) + SECONDS;
  for (int i = 0; i < MOST_FORKS && time(NULL) < end; i++)
    if (fork() == 0) alarm(SECONDS);
}

/** As many as there may be, which wait. */
static void children(void) {
  int count = 0, failures = 0;
  for (int i = 0; i < 600; i++) {
    pid_t child = fork();
    if (child == 0) {
      alarm(SECONDS);
      pause();
      _exit(0);
    }
    if (child > 0) count++;
    else failures++;
  }
  printf("children %d refused %d\n", count, failures);
  fflush(stdout);
  sleep(3);
}

static void *waits(void *nothing) {
  sleep(SECONDS);
  return nothing;
}
static void threads(void) {
  int count = 0, failures = 0;
  for (int i = 0; i < 600; i++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, waits, NULL) == 0) count++;
    else failures++;
  }
  printf("threads %d refused %d\n", count, failures);
  fflush(stdout);
  sleep(3);
}

static void memory(void) {
  for (long taken = 0; taken < MOST_BYTES; taken += PIECE) touch(malloc(PIECE), PIECE);
  printf("THROUGH memory: %d bytes\n", MOST_BYTES);
}

/** Each takes little, and all of them too much. */
static void shares(void) {
  for (int i = 0; i < 20; i++)
    if (fork() == 0) {
      alarm(SECONDS);
      for (long taken = 0; taken < MOST_BYTES / 20; taken += PIECE) touch(malloc(PIECE), PIECE);
      pause();
    }
  int left = 20;
  while (left > 0 && wait(NULL) > 0) left--;
}

/** Memory that belongs to no process: a file without a name. */
static void nameless(void) {
  static char block[PIECE];
  memset(block, 1, sizeof block);
  int file = syscall(SYS_memfd_create, "x", 0);
  if (file < 0) printf("refused %s\n", strerrorname_np(errno));
  for (long taken = 0; file >= 0 && taken < MOST_BYTES; taken += PIECE)
    if (write(file, block, sizeof block) < 0) {
      printf("refused %s\n", strerrorname_np(errno));
      return;
    }
  if (file >= 0) printf("THROUGH nameless: %d bytes\n", MOST_BYTES);
}

/** Segments that outlive who made them. */
static void segments(void) {
  for (long taken = 0; taken < MOST_BYTES; taken += 16 * PIECE) {
    int segment = shmget(IPC_PRIVATE, 16 * PIECE, IPC_CREAT | 0600);
    void *at = segment < 0 ? (void *)-1 : shmat(segment, NULL, 0);
    if (at == (void *)-1) {
      printf("refused %s\n", strerrorname_np(errno));
      return;
    }
    touch(at, 16 * PIECE);
  }
  printf("THROUGH segments: %d bytes\n", MOST_BYTES);
}

/** Left behind in the kernel where nothing keeps IPC apart. */
static void left_in_kernel(void) {
  for (int i = 0; i < 20; i++) {
    shmget(0x616a + i, 4096, IPC_CREAT | 0666);
    msgget(0x616a + i, IPC_CREAT | 0666);
    semget(0x616a + i, 1, IPC_CREAT | 0666);
  }
  printf("done\n");
}

/** Memory of the kernel: what waits in pipes. */
static void pipes(void) {
  static char block[65536];
  long taken = 0, opened = 0;
  for (int i = 0; i < 100000; i++) {
    int ends[2];
    if (pipe(ends) < 0) break;
    opened++;
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    for (ssize_t written; (written = write(ends[1], block, sizeof block)) > 0;) taken += written;
    if (taken > MOST_BYTES) {
      printf("THROUGH pipes: %ld bytes\n", taken);
      return;
    }
  }
  printf("pipes %ld bytes %ld\n", opened, taken);
}

/** Memory of the kernel that belongs to nobody: locks of ranges of files, which are never more than 200,000 here. */
static void locks(void) {
  int held = 0;
  for (int i = 0; i < 50; i++) {
    char name[20];
    snprintf(name, sizeof name, "/tmp/%d", i);
    int file = open(name, O_RDWR | O_CREAT, 0600);
    for (int at = 0; at < 4000; at++) {
      struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2 * at, .l_len = 1};
      if (fcntl(file, F_SETLK, &range) < 0) printf("refused %s\n", strerrorname_np(errno));
    }
    fflush(stdout);
    /* Whoever has none himself is told of those of others. */
    if (fork() == 0) {
      struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
      _exit(fcntl(file, F_GETLK, &all) == 0 && all.l_type == F_UNLCK ? 0 : 1);
    }
    int status;
    wait(&status);
    held += status != 0;
  }
  if (held > 0) printf("THROUGH locks: held on %d files\n", held);
  printf("done\n");
}

static void spin(void) {
  for (volatile unsigned long i = 0;; i++)
    ;
}

/** On every core, by many. */
static void spins(void) {
  for (int i = 0; i < 8; i++)
    if (fork() == 0) {
      alarm(SECONDS);
      spin();
    }
  spin();
}

static void ignores(void) {
  for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  for (int i = 0; i < SECONDS * 10; i++) usleep(100000);
}

static void stops(void) {
  raise(SIGSTOP);
}

/** Nothing more is to be read, but it goes on. */
static void closes(void) {
  close(0), close(1), close(2);
  sleep(SECONDS);
}

/** @param width 0: never an end of line */
static void flood(int file, size_t length, int width) {
  static char block[PIECE];
  memset(block, 'x', sizeof block);
  if (width > 0)
    for (size_t i = width - 1; i < sizeof block; i += width) block[i] = '\n';
  for (long printed = 0; printed < MOST_BYTES; printed += length)
    if (write(file, block, length) < 0) return;
}

int main(int count, char **values) {
  const char *kind = count > 1 ? values[1] : "";
  alarm(SECONDS);
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (!strcmp(kind, "forks")) forks();
  else if (!strcmp(kind, "children")) children();
  else if (!strcmp(kind, "threads")) threads();
  else if (!strcmp(kind, "memory")) memory();
  else if (!strcmp(kind, "shares")) shares();
  else if (!strcmp(kind, "nameless")) nameless();
  else if (!strcmp(kind, "segments")) segments();
  else if (!strcmp(kind, "left-in-kernel")) left_in_kernel();
  else if (!strcmp(kind, "pipes")) pipes();
  else if (!strcmp(kind, "locks")) locks();
  else if (!strcmp(kind, "spin")) spin();
  else if (!strcmp(kind, "spins")) spins();
  else if (!strcmp(kind, "sleep")) sleep(SECONDS);
  else if (!strcmp(kind, "ignores")) ignores();
  else if (!strcmp(kind, "stops")) stops();
  else if (!strcmp(kind, "closes")) closes();
  else if (!strcmp(kind, "lines")) flood(1, PIECE, 80);
  else if (!strcmp(kind, "one-line")) flood(1, PIECE, 0);
  else if (!strcmp(kind, "letters")) flood(1, 1, 2);
  else if (!strcmp(kind, "errors")) flood(2, PIECE, 80);
  else if (!strcmp(kind, "both")) { if (fork() == 0) { alarm(SECONDS); flood(2, PIECE, 80); } else flood(1, PIECE, 80); }
  else if (!strcmp(kind, "bytes")) { char all[512]; for (int i = 0; i < 512; i++) all[i] = i; for (int i = 0; i < 100; i++) if (write(1 + i % 2, all, sizeof all) < 0) break; }
  else return 2;
  return 0;
}
