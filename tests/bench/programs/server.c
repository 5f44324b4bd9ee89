/*
 * The smallest HTTP/1.1 server that can answer the benchmark's requests: one thread, epoll, always
 * `200 {"ok": true}` to a request whose head and body have come whole. server PORT_FILE.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
	int fd;
	size_t n;
	char text[8192];
};

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	"Content-Length: 12\r\n\r\n{\"ok\": true}";

/* Bytes of the first whole request, 0 while it is not whole. */
static size_t whole(const struct connection *c)
{
	const char *end = memmem(c->text, c->n, "\r\n\r\n", 4);
	if (!end)
		return 0;
	size_t head = (size_t)(end - c->text) + 4;
	const char *length = strcasestr(c->text, "\r\nContent-Length:");
	size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
	return c->n >= head + body ? head + body : 0;
}

static bool serve(struct connection *c)
{
	ssize_t n = read(c->fd, c->text + c->n, sizeof(c->text) - 1 - c->n);
	if (n <= 0)
		return false;
	c->n += (size_t)n;
	c->text[c->n] = '\0';
	for (size_t used; (used = whole(c)) > 0; c->n -= used) {
		memmove(c->text, c->text + used, c->n - used + 1);
		if (write(c->fd, answer, sizeof(answer) - 1) != sizeof(answer) - 1)
			return false;
	}
	return c->n < sizeof(c->text) - 1;
}

static void accept_one(int epoll, int listener)
{
	static const int on = 1;
	struct connection *c = calloc(1, sizeof(*c));
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (!c || fd < 0)
		exit(1);
	c->fd = fd;
	struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = c}};
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void loop(int epoll, int listener)
{
	struct epoll_event events[64];
	for (;;) {
		int n = epoll_wait(epoll, events, 64, -1);
		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;
			if (!c) {
				accept_one(epoll, listener);
			} else if (!serve(c)) {
				close(c->fd);
				free(c);
			}
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(address);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), epoll = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN};
	if (argc != 2 || bind(listener, (struct sockaddr *)&address, n) || listen(listener, 1024) ||
			getsockname(listener, (struct sockaddr *)&address, &n) ||
			epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event))
		return 1;
	char temp[4096];
	snprintf(temp, sizeof(temp), "%s.tmp", argv[1]);
	FILE *f = fopen(temp, "w");
	if (!f || fprintf(f, "%u\n", ntohs(address.sin_port)) < 0 || fclose(f) ||
			rename(temp, argv[1]))
		return 1;
	loop(epoll, listener);
}
