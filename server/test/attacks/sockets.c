// Every way to speak to somebody: sockets TCP_PORT UDP_PORT PATH ABSTRACT, where a test listens on the host's loopback.
#include "attack.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static char **arguments;

/** No family but one: what there is of them depends on the kernel, so all that opens is told. */
static void families(const char *what) {
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_RDM, SOCK_PACKET};
  int tried = 0;
  for (int family = 0; family < 64; family++)
    for (size_t i = 0; family != AF_UNIX && i < sizeof types / sizeof *types; i++)
      for (int protocol = 0; protocol < 20; protocol++, tried++) {
        int opened = socket(family, types[i], protocol);
        if (opened >= 0 || !is_refusal(errno)) {
          through(what, "family %d type %d protocol %d: %s", family, types[i], protocol,
                  opened >= 0 ? "opened" : strerrorname_np(errno));
          protocol = 20;
        }
        if (opened >= 0) close(opened);
      }
  kept(what, "%d tried", tried);
}

static void pairs(const char *what) {
  int both[2];
  refused(what, socketpair(AF_INET, SOCK_STREAM, 0, both));
}

static void tcp(const char *what) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int opened = socket(AF_INET, SOCK_STREAM, 0);
  failed(what, opened < 0 ? -1 : connect(opened, (struct sockaddr *)&to, sizeof to));
}

static void udp(const char *what) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[2])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int opened = socket(AF_INET, SOCK_DGRAM, 0);
  failed(what, opened < 0 ? -1 : sendto(opened, "x", 1, 0, (struct sockaddr *)&to, sizeof to));
}

static int to_unix(const char *path, size_t length, int type) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  memcpy(to.sun_path, path, length);
  int opened = socket(AF_UNIX, type, 0);
  return opened < 0 ? -1 : connect(opened, (struct sockaddr *)&to, offsetof(struct sockaddr_un, sun_path) + length);
}
static void unix_path(const char *what) { failed(what, to_unix(arguments[3], strlen(arguments[3]) + 1, SOCK_STREAM)); }
static void system_bus(const char *what) {
  static const char *paths[] = {"/run/dbus/system_bus_socket", "/run/systemd/private", "/run/systemd/notify", "/dev/log",
                                "/run/docker.sock",            "/var/run/docker.sock"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) failed(what, to_unix(paths[i], strlen(paths[i]) + 1, type));
}
static void abstract(const char *what) {
  char name[100] = {0};
  strncpy(name + 1, arguments[4], sizeof name - 2);
  failed(what, to_unix(name, strlen(arguments[4]) + 1, SOCK_STREAM));
}

/** What lies within is not forbidden: programs may speak to their own children. */
static void own_pair(const char *what) {
  int both[2];
  char letter = 0;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0 && write(both[0], "x", 1) == 1 && read(both[1], &letter, 1) == 1)
    printf("works %s\n", what);
}

static void interfaces(const char *what) {
  FILE *file = fopen("/proc/self/net/dev", "r");
  char line[400];
  while (file && fgets(line, sizeof line, file))
    if (strchr(line, ':') && !strstr(line, " lo:")) through(what, "%s", line);
  kept(what, "no interface");
}

int main(int count, char **values) {
  if (count < 5) return 2;
  arguments = values;
  in_child("families", families);
  in_child("pair of another family", pairs);
  in_child("TCP to a server of this machine", tcp);
  in_child("UDP to a server of this machine", udp);
  in_child("unix socket of this machine", unix_path);
  in_child("sockets of the system", system_bus);
  in_child("abstract socket of this machine", abstract);
  in_child("interfaces", interfaces);
  in_child("pair", own_pair);
  printf("done\n");
  return 0;
}
