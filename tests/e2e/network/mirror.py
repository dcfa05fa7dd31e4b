"""Makes a TUN device whose other end is the near one again, over a bad way.

Every IPv4 packet comes back with its two addresses swapped, which no checksum minds: 50 to 250 ms late, so that packets
overtake each other, and one in five twice. What is sent to an address behind the device therefore arrives at the node's own
address, and the answer takes the same way back. Says how many packets were given back and how many of these twice, a line
each second. Usage: mirror.py DEVICE
"""

import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000

device = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", sys.argv[1].encode(), IFF_TUN | IFF_NO_PI))
random.seed(1)
waiting, taken, twice, said = [], 0, 0, 0.0
while True:
    now = time.monotonic()
    if now - said >= 1:
        print(taken, twice, flush=True)
        said = now
    due = waiting[0][0] if waiting else now + 1
    if select.select([device], [], [], max(0, min(due - now, 1)))[0]:
        packet = os.read(device, 65536)
        if packet[0] >> 4 == 4:
            packet = packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
            copies = 2 if random.random() < 0.2 else 1
            taken, twice = taken + 1, twice + copies - 1
            for copy in range(copies):
                late = random.uniform(0.05, 0.25)
                heapq.heappush(waiting, (time.monotonic() + late, taken, copy, packet))
    while waiting and waiting[0][0] <= time.monotonic():
        os.write(device, heapq.heappop(waiting)[3])
