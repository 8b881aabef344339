"""time.sleep, requests, raw sockets, locks, queues and threads of two users run side by side."""

import queue
import socket
import threading
import time
import urllib.request
from os import environ
from urllib.parse import urlsplit

import gevent
import requests
from gevent.lock import Semaphore

from locust import User, constant, events, task

box = queue.Queue()
lock = threading.Lock()
gate = Semaphore()
gate.acquire()
running = {"now": 0, "most": 0}


def together(block):
    running["now"] += 1
    running["most"] = max(running["most"], running["now"])
    block()
    running["now"] -= 1


class Waiter(User):
    fixed_count = 1
    wait_time = constant(0)

    @task
    def wait_for_the_other(self):
        with lock:
            print("waiter got", box.get(timeout=5))
        with gate:
            print("gate open")
        together(lambda: time.sleep(0.4))
        print("most at once", running["most"])
        gevent.spawn(self.environment.runner.quit)
        gevent.sleep(60)


class Giver(User):
    fixed_count = 1
    wait_time = constant(0)

    @task
    def give(self):
        time.sleep(0.05)
        print("requests", requests.get(environ["TARGET"] + "/status/204", timeout=5).status_code)
        print("urllib", urllib.request.urlopen(environ["TARGET"] + "/status/201", timeout=5).status)
        place = urlsplit(environ["TARGET"])
        with socket.create_connection((place.hostname, place.port), timeout=5) as plain:
            plain.sendall(b"GET /status/203 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            print("socket", plain.recv(100).split()[1].decode())
        thread = threading.Thread(target=lambda: box.put("a present"))
        thread.start()
        thread.join()
        gate.release()
        together(lambda: gevent.sleep(0.2))
        gevent.sleep(100)


@events.test_stop.add_listener
def stopped(environment, **kw):
    print("stopped", threading.current_thread().name)
