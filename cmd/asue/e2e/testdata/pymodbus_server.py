"""A foreign Modbus server: serves register images from a JSON file, by the
pymodbus 3.0.0 that Debian 12 ships.

usage: pymodbus_server.py IMAGE.json tcp 127.0.0.1:PORT
       pymodbus_server.py IMAGE.json tls 127.0.0.1:PORT CERT KEY CA
       pymodbus_server.py IMAGE.json rtu /dev/PORT

IMAGE.json: {"unit": {"input" | "holding": {"address": [words...]}}}. What is not
in the image is refused with exception 2. Beside "holding", "holding alone" has
registers that hold something else when they are asked for one by one, and "holding
clock" the seconds from which clocks of two registers go on. With port 0 the system
chooses; "serves on ADDRESS" is said once requests are taken.

Three faults of this pymodbus are walked around:

  - the framer that its TLS server has by default leaves the MBAP header out, which
    the MODBUS/TCP Security Protocol Specification (V21) demands;
  - its serial server has the ASCII framer by default;
  - its serial server stays silent when the port cannot be opened.
"""
import asyncio
import json
import logging
import ssl
import sys
import time

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartAsyncTcpServer, StartAsyncTlsServer
from pymodbus.server.async_io import ModbusSerialServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer


class Block(ModbusSparseDataBlock):
    """Registers with holes between them."""

    def __init__(self, image, alone, clocks):
        super().__init__({int(a): words for a, words in image.items()} or {0: 0})
        self.alone = {int(a): words for a, words in alone.items()}
        self.clocks = {int(a): seconds - time.monotonic() for a, seconds in clocks.items()}

    def validate(self, address, count=1):
        return self.stands_alone(address, count) or super().validate(address, count)

    def getValues(self, address, count=1):  # pylint: disable=invalid-name
        for at, zero in self.clocks.items():
            self.setValues(at, list(divmod(int(zero + time.monotonic()), 0x10000)))
        return self.alone[address] if self.stands_alone(address, count) else super().getValues(address, count)

    def stands_alone(self, address, count):
        return len(self.alone.get(address, [])) == count


def units(image):
    def block(tables, name):
        return Block(tables.get(name, {}), tables.get(name + " alone", {}), tables.get(name + " clock", {}))

    return ModbusServerContext(
        slaves={
            int(unit): ModbusSlaveContext(ir=block(tables, "input"), hr=block(tables, "holding"), zero_mode=True)
            for unit, tables in image.items()
        },
        single=False,
    )


def both_certified(cert, key, authority):
    """TLS as MODBUS/TCP Security has it: 1.2 or later, and no client without a certificate."""
    conf = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    conf.minimum_version = ssl.TLSVersion.TLSv1_2
    conf.load_cert_chain(cert, key)
    conf.load_verify_locations(authority)
    conf.verify_mode = ssl.CERT_REQUIRED
    return conf


async def serve(context, kind, where, *files):
    if kind == "rtu":
        server = ModbusSerialServer(context, framer=ModbusRtuFramer, port=where, baudrate=115200, ignore_missing_slaves=True)
        await server.start()
        if server.transport is None:
            sys.exit(f"cannot open {where}")
        print("serves on", where, flush=True)
        await server.serve_forever()
    host, port = where.rsplit(":", 1)
    common = {"context": context, "address": (host, int(port)), "framer": ModbusSocketFramer, "defer_start": True}
    if kind == "tls":
        server = await StartAsyncTlsServer(sslctx=both_certified(*files), **common)
    else:
        server = await StartAsyncTcpServer(**common)
    served = asyncio.create_task(server.serve_forever())
    await asyncio.wait({served, server.serving}, return_when=asyncio.FIRST_COMPLETED)
    if not served.done():
        print("serves on {}:{}".format(*server.server.sockets[0].getsockname()), flush=True)
    await served


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        image = json.load(file)
    logging.disable(logging.CRITICAL)  # it calls every refusal and every client that leaves an error
    asyncio.run(serve(units(image.get("image", image)), *sys.argv[2:]))


if __name__ == "__main__":
    main()
