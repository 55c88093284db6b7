/* Loaded into the load tool (LD_PRELOAD): every connection to loopback comes from a random address of 127.0.0.0/8, as people come from
 * different networks. auth counts the attempts of each network, and that limit is not what is to be measured. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>

int connect(int descriptor, const struct sockaddr *address, socklen_t length) {
    int (*next)(int, const struct sockaddr *, socklen_t);
    *(void **)&next = dlsym(RTLD_NEXT, "connect");
    if (address->sa_family == AF_INET && ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127) {
        uint32_t number;
        int later = 1;
        if (getrandom(&number, sizeof number, 0) != sizeof number) abort();
        struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001 + number % 0xfffffd)};
        setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &later, sizeof later);
        if (bind(descriptor, (const struct sockaddr *)&from, sizeof from) != 0) return -1;
    }
    return next(descriptor, address, length);
}
