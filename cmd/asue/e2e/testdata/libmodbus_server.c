/*
 * A foreign Modbus server on libmodbus, for one unit.
 *
 * usage: libmodbus_server tcp 127.0.0.1 UNIT FIRST < words
 *        libmodbus_server rtu /dev/PORT UNIT FIRST < words
 *
 * Standard input has the holding registers from FIRST on as decimal numbers. What
 * lies outside is refused with exception 2. "serves on PORT" is said once requests
 * are taken.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, modbus_strerror(errno));
    exit(1);
}

/* The library cannot listen on a port of the system's choice, a socket of ours can. */
static int listen_on(const char *host, int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (inet_pton(AF_INET, host, &address.sin_addr) != 1 || listener < 0 ||
        bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 4) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        fail(host);
    *port = ntohs(address.sin_port);
    return listener;
}

/* Answers what comes in until the peer leaves. */
static void answer(modbus_t *line, modbus_mapping_t *image)
{
    uint8_t request[MODBUS_MAX_ADU_LENGTH];
    int length;

    while ((length = modbus_receive(line, request)) >= 0)
        if (length > 0) /* 0: a request to another unit */
            modbus_reply(line, request, length, image);
}

int main(int argc, char **argv)
{
    static uint16_t words[65536];
    int n = 0, word, listener = -1, port = 0, tcp;
    modbus_mapping_t *image;
    modbus_t *line;

    if (argc != 5) {
        fprintf(stderr, "usage: libmodbus_server tcp|rtu WHERE UNIT FIRST < words\n");
        return 2;
    }
    while (n < 65536 && scanf("%d", &word) == 1)
        words[n++] = word;
    image = modbus_mapping_new_start_address(0, 0, 0, 0, atoi(argv[4]), n, 0, 0);
    tcp = strcmp(argv[1], "tcp") == 0;
    line = tcp ? modbus_new_tcp(argv[2], 0) : modbus_new_rtu(argv[2], 115200, 'N', 8, 1);
    if (image == NULL || line == NULL || modbus_set_slave(line, atoi(argv[3])) != 0)
        fail("cannot make a server");
    memcpy(image->tab_registers, words, 2 * n);
    if (tcp)
        listener = listen_on(argv[2], &port);
    else if (modbus_connect(line) != 0)
        fail(argv[2]);

    printf(tcp ? "serves on %s:%d\n" : "serves on %s\n", argv[2], port);
    fflush(stdout);
    for (;;) {
        if (tcp && modbus_tcp_accept(line, &listener) < 0)
            fail("accept");
        answer(line, image);
        if (tcp)
            modbus_close(line);
    }
}
