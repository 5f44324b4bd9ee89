/*
 * The same requests by a bare libcurl multi loop: requests URL COUNT AT_ONCE. To be fair it keeps
 * its connections, sends the same method, headers and sizes of bodies, and reads every answer.
 */
#include <curl/curl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	CURL *easy;
	char body[64];
	struct curl_slist *headers;
};

static unsigned long started, failed, count;

static size_t discard(char *bytes, size_t size, size_t n, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * n;
}

static void start(CURLM *multi, struct slot *s)
{
	char key[128];
	snprintf(s->body, sizeof(s->body), "{\"n\":%lu}", started);
	snprintf(key, sizeof(key), "Idempotency-Key: 0190f1e0-0000-7000-8000-%012lx:call", started);
	curl_slist_free_all(s->headers);
	s->headers = curl_slist_append(NULL, "Content-Type: application/json");
	s->headers = curl_slist_append(s->headers, key);
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, s->body);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(s->body));
	curl_multi_add_handle(multi, s->easy);
	started++;
}

static void take_done(CURLM *multi)
{
	CURLMsg *m;
	int left;
	while ((m = curl_multi_info_read(multi, &left))) {
		struct slot *s;
		long status = 0;
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &s);
		curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &status);
		failed += m->data.result != CURLE_OK || status != 200;
		curl_multi_remove_handle(multi, s->easy);
		if (started < count)
			start(multi, s);
	}
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	size_t at_once = strtoul(argv[3], NULL, 10);
	struct slot *slots = calloc(at_once, sizeof(*slots));
	count = strtoul(argv[2], NULL, 10);
	curl_global_init(CURL_GLOBAL_ALL);
	CURLM *multi = curl_multi_init();
	if (!slots || !multi)
		return 1;
	for (size_t i = 0; i < at_once && started < count; i++) {
		struct slot *s = &slots[i];
		s->easy = curl_easy_init();
		curl_easy_setopt(s->easy, CURLOPT_URL, argv[1]);
		curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, discard);
		curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
		start(multi, s);
	}
	int running = 1;
	while (running || started < count) {
		curl_multi_perform(multi, &running);
		take_done(multi);
		curl_multi_perform(multi, &running);
		if (running)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	take_done(multi);
	if (failed)
		fprintf(stderr, "requests: %lu failed\n", failed);
	return failed != 0;
}
