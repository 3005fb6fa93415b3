"""A Twisted server: each line is answered by one line after the delay.

With --sleep it is the classic one, which waits for the delay in its event
loop, and so lets everybody wait.
"""

import argparse
import resource
import time

from twisted.internet import protocol, reactor

REPLY = b"response from the server 2006-01-02 15:04:05\n"

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--seconds", type=float, default=0, help="delay of a reply")
parser.add_argument("--backlog", type=int, default=50)
parser.add_argument("--sleep", action="store_true")
options = parser.parse_args()


class Server(protocol.Protocol):
    unfinished = b""

    def connectionMade(self):
        self.transport.setTcpNoDelay(True)

    def dataReceived(self, data):
        *messages, self.unfinished = (self.unfinished + data).split(b"\n")
        for _ in messages:
            self.answer()

    def answer(self):
        if options.sleep:
            time.sleep(options.seconds)
            self.transport.write(REPLY)
        else:
            reactor.callLater(options.seconds, self.transport.write, REPLY)


_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
factory = protocol.Factory.forProtocol(Server)
reactor.listenTCP(options.port, factory, backlog=options.backlog, interface="127.0.0.1")
reactor.run()
