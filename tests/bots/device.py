"""A mouse and a keyboard of an X server, by its XTEST extension: one command a line, done at once.

move X Y | press BUTTON | release BUTTON | down KEYSYM | up KEYSYM | focus
"""

import ctypes
import sys

x11 = ctypes.CDLL("libX11.so.6")
xtst = ctypes.CDLL("libXtst.so.6")
x11.XOpenDisplay.restype = ctypes.c_void_p
x11.XDefaultRootWindow.restype = ctypes.c_ulong
x11.XKeysymToKeycode.restype = ctypes.c_ubyte
for function in (x11.XDefaultRootWindow, x11.XFlush):
    function.argtypes = [ctypes.c_void_p]
x11.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
x11.XSetInputFocus.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_ulong]
x11.XQueryTree.argtypes = [ctypes.c_void_p, ctypes.c_ulong] + [ctypes.c_void_p] * 4
x11.XGetGeometry.argtypes = [ctypes.c_void_p, ctypes.c_ulong] + [ctypes.c_void_p] * 7
xtst.XTestFakeMotionEvent.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_ulong]
xtst.XTestFakeButtonEvent.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]
xtst.XTestFakeKeyEvent.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]

display = x11.XOpenDisplay(None)
if not display:
    sys.exit("no display")


def largest_window():
    """Without a window manager, nobody else gives the browser's window the keyboard."""
    root = x11.XDefaultRootWindow(display)
    unused = ctypes.c_ulong()
    children = ctypes.POINTER(ctypes.c_ulong)()
    count = ctypes.c_uint()
    by = ctypes.byref
    x11.XQueryTree(display, root, by(unused), by(unused), by(children), by(count))
    best, area = root, 0
    for child in children[: count.value]:
        x, y = ctypes.c_int(), ctypes.c_int()
        width, height, border, depth = (ctypes.c_uint() for _ in range(4))
        x11.XGetGeometry(display, child, by(unused), by(x), by(y), by(width), by(height), by(border), by(depth))
        if width.value * height.value > area:
            best, area = child, width.value * height.value
    return best


for line in sys.stdin:
    command, *words = line.split()
    if command == "move":
        xtst.XTestFakeMotionEvent(display, -1, int(words[0]), int(words[1]), 0)
    elif command in ("press", "release"):
        xtst.XTestFakeButtonEvent(display, int(words[0]), command == "press", 0)
    elif command in ("down", "up"):
        keycode = x11.XKeysymToKeycode(display, int(words[0]))
        xtst.XTestFakeKeyEvent(display, keycode, command == "down", 0)
    elif command == "focus":
        x11.XSetInputFocus(display, largest_window(), 2, 0)
    x11.XFlush(display)
