"""A foreign Modbus/TCP server: serves register images from a JSON file.

usage: pymodbus_server.py PORT IMAGE.json
IMAGE.json: {"unit": {"input" | "holding": {"address": [words...]}}}
"""
import importlib.util
import json
import logging
import sys
import types

# pymodbus imports these even to serve TCP, and Debian only recommends them.
for absent in ("serial", "serial_asyncio"):
    if importlib.util.find_spec(absent) is None:
        sys.modules[absent] = types.ModuleType(absent)
        sys.modules[absent].create_serial_connection = None

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartTcpServer


def block(image):
    words = {}
    for address, values in image.items():
        for i, value in enumerate(values):
            words[int(address) + i] = value
    return ModbusSparseDataBlock(words or {0: 0})


def main():
    port, path = int(sys.argv[1]), sys.argv[2]
    with open(path, encoding="utf-8") as file:
        image = json.load(file)
    units = {
        int(unit): ModbusSlaveContext(
            ir=block(tables.get("input", {})), hr=block(tables.get("holding", {})), zero_mode=True
        )
        for unit, tables in image.items()
    }
    logging.disable(logging.CRITICAL)  # it calls every refusal and every client that leaves an error
    StartTcpServer(context=ModbusServerContext(slaves=units, single=False), address=("127.0.0.1", port))


if __name__ == "__main__":
    main()
