"""Register images of every meter model, with values that no other register has,
made without any code of asue: the model files are read here by PyYAML, exact
fractions do the arithmetic, and Python's struct lays the words.

usage: model_images.py FOLDER > images.json

It writes {"image": what pymodbus_server.py serves, "meters": [what must be read]}.
Each model stands under two unit ids:

  from 1 on     values as of a plant; nothing but the registers is there, so that
                a read over a hole is refused
  from 101 on   values from end to end of what the types hold; the holes between
                registers are filled, so that joined reads succeed

A SunSpec map lies behind the marker and the common model, as a device's chain of
models has it, and is served whole: all points of a model exist, if only to say that
they are not implemented. An archive is full, its newest record amid the ring.

A reading's "value" is what the register holds, in the base unit at the primary
side, and "resolution" the smallest step that it can show there: one count, or one
unit in the last place of its float. Counters kept as floats are cut into whole
counts: "cut" is how many of them add up, and so how many counts less may be read.
"serial" is what the meter says of itself, empty if nothing. "archive" has of each
of its last records the counts by quantity.
"""
import glob
import hashlib
import json
import os
import random
import sys
from datetime import datetime, timedelta, timezone
from fractions import Fraction

import yaml

sys.dont_write_bytecode = True  # no folder of it beside the sources
from model_registers import CT, FLOATS, VT, Register, as_float, exponent, pick, reading, understand  # noqa: E402

SETTINGS = {"ct_prim": 600, "ct_sec": 5, "vt_prim": 10000, "vt_sec": 100, "ct_ratio": CT, "vt_ratio": VT}
UNDERSTOOD_OF_MODELS = set(
    "id revision vendor devices verified sources notes function order limits not_available sunspec archive registers".split()
)
UNDERSTOOD_OF_ARCHIVES = set("period records addr words function newest time registers".split())
FILLING = 0x7B3D  # stands in the holes
# SunSpec Device Information Model Specification: marker, common model, end of the chain.
SUNS, COMMON, END = [0x5375, 0x6E53], 1, [0xFFFF, 0]
COMMON_TEXTS = {"Mn": 16, "Md": 16, "Opt": 8, "Vr": 8, "SN": 16}  # its points, in order, and their lengths
# When the interval of an archive's newest record ended, and how many records are told.
ARCHIVED, TOLD = datetime(2026, 1, 15, 8, tzinfo=timezone.utc), 12
LAST_SECOND = 253402300799  # of the year 9999


def letters(dice, length):
    return "".join(dice.choice("ABCDEFGHKLMNPRSTUVWXYZ23456789") for _ in range(length))


def text_words(text, length):
    """A text in so many registers, padded with zeros."""
    data = text.encode("ascii").ljust(2 * length, b"\0")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


def clock_words(register, at, short=False):
    """A time in a clock's registers; short is the year since 2000."""
    if register.clock == "unix":
        return register.words(int(at.timestamp()))
    return [at.year - 2000 if short else at.year, at.month, at.day, at.hour, at.minute, at.second]


def clock(register, dice, extreme):
    """What stands in a clock: its words, and what must be read."""
    last = int(datetime(2099, 12, 31, tzinfo=timezone.utc).timestamp())
    if register.clock == "unix" and extreme:
        last = min(LAST_SECOND, register.range()[1] - 1)
    at = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=dice.randint(last // 2, last))
    if not extreme:
        at = ARCHIVED
    return clock_words(register, at, short=extreme and 2000 <= at.year < 2100), at.strftime("%Y-%m-%dT%H:%M:%SZ")


def settings(register, dice, extreme):
    """What stands in a register of no quantity: its words, and what must be read."""
    if register.clock:
        return clock(register, dice, extreme)
    if register.type == "ascii":
        text = letters(dice, 2 * register.length)
        return text_words(text, register.length), text
    if register.expect:
        number = register.expect[-1]
    elif register.name in SETTINGS:
        number = Fraction(SETTINGS[register.name]) / register.scale
        number = float(number) if register.type in FLOATS else int(number)
    elif register.type in FLOATS:
        number = as_float(register.type, dice.uniform(1, 10**4))
    else:
        number = dice.randint(1, min(register.range()[1], 10**9) - 1)
    words = []
    total = Fraction(0)
    for _ in range(register.parts):
        words += register.words(number)
        total += Fraction(number)
    return words, float(total * register.scale)


def lay(what, table, address, words):
    """Puts words into a table, where nothing may be yet."""
    for i, word in enumerate(words):
        if address + i in table:
            sys.exit(f"{what} overlaps another")
        table[address + i] = word


def sunspec(model, dice, extreme):
    """The registers around a SunSpec map, the addresses of the map, and the device's serial number."""
    table, at = {}, 50000 if extreme else 40000
    texts = {name: letters(dice, dice.randint(5, 2 * length)) for name, length in COMMON_TEXTS.items()}
    common = sum((text_words(texts[name], length) for name, length in COMMON_TEXTS.items()), []) + [dice.randint(1, 247), 0x8000]
    chain = [[COMMON, len(common)] + common]
    if extreme:  # a model of the maker's own before ours
        chain.append([64110, 7] + [FILLING] * 7)
    lay(model["id"], table, at, SUNS)
    at += len(SUNS)
    for block in chain:
        lay(model["id"], table, at, block)
        at += len(block)
    registers = [Register(model, entry) for entry in model["registers"]]
    end = at + 2 + [r for r in registers if r.name == "sunspec_length"][0].expect[-1]
    lay(model["id"], table, end, END)
    return table, range(at, end), texts["SN"]


def archive(model, live, dice):
    """An archive's words from its address on, the index of its newest record, and what its last records hold."""
    entry = model["archive"]
    understand(f"{model['id']}: archive", entry, UNDERSTOOD_OF_ARCHIVES)
    if entry["period"] != "15m":
        sys.exit(f"{model['id']}: archives of {entry['period']} are unknown to {sys.argv[0]}: teach it")
    period, size, length = timedelta(minutes=15), int(entry["records"]), int(entry["words"])
    time = Register(model, {"name": "time"} | entry["time"], "offset")
    counters = [Register(model, r, "offset") for r in entry["registers"]]
    numbers = {c.quantity: live[c.quantity] for c in counters}
    newest = dice.randrange(size)
    words, told = [FILLING] * (size * length), []
    for age in range(size):
        at = ARCHIVED - age * period
        record = clock_words(time, at)
        start = (newest - age) % size * length
        words[start + time.address : start + time.address + len(record)] = record
        for c in counters:
            numbers[c.quantity] = max(0, numbers[c.quantity] - dice.randint(1, 10**5))
            record = c.words(numbers[c.quantity])
            words[start + c.address : start + c.address + len(record)] = record
        if age < TOLD:
            told.append({"end": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "counts": dict(numbers)})
    return words, newest, told


def meter(model, unit, extreme):
    """The words of a unit, and what must be read from it."""
    understand(model["id"], model, UNDERSTOOD_OF_MODELS)
    dice = random.Random(hashlib.sha256(f"{model['id']} {extreme}".encode()).digest())
    image, alone, readings, sets, seen = {}, {}, [], [], set()
    whole, base, serial = range(0), 0, ""
    if "sunspec" in model:
        image["holding"], whole, serial = sunspec(model, dice, extreme)
        base = whole[0]
    registers = [Register(model, entry) for entry in model["registers"] if "unsure" not in entry]
    # A scale factor that nothing but doubtful registers need is not read.
    doubtful = {e["scale_factor"] for e in model["registers"] if "scale_factor" in e} - {r.factor for r in registers}
    exponents = {}
    for factor in registers:
        users = [r for r in registers if r.factor == factor.name]
        if users:
            exponents[factor.name] = exponent(factor, users, set(exponents.values()), dice, extreme)
            for user in users:
                user.raise_by(exponents[factor.name])
    live, records, newest = {}, [], 0
    for register in registers:
        if register.quantity:
            while True:
                numbers = [pick(register, dice, extreme) for _ in range(register.parts)]
                r = reading(register, numbers)
                if r["value"] not in seen:
                    break
            seen.add(r["value"])
            readings.append(r)
            live[register.quantity] = numbers[0]
            words = sum((register.words(n) for n in numbers), [])
        elif register.name in exponents:
            x = exponents[register.name]
            words = register.words(x)
            sets.append({"name": register.name, "value": str(x)})
        elif register.profile:
            continue
        else:
            words, value = settings(register, dice, extreme)
            if register.name not in doubtful:
                sets.append({"name": register.name, "value": str(value)})
            if register.name == "serial":
                serial = value if register.type == "ascii" else str(int(value))
        table = (alone if register.alone else image).setdefault(register.table, {})
        lay(f"{model['id']}: register {register.name}", table, base + register.address, words)
    if "archive" in model:
        held, newest, records = archive(model, live, dice)
    for register in registers:
        if register.profile:
            if register.name != model["archive"]["newest"]:
                sys.exit(f"{model['id']}: register {register.name} of group profile is unknown to {sys.argv[0]}: teach it")
            lay(f"{model['id']}: register {register.name}", image[register.table], register.address, register.words(newest))
    for address in whole:
        image["holding"].setdefault(address, FILLING)
    for table in image.values():
        if model.get("limits", {}).get("even") == "true":
            for address in list(table):
                table.setdefault(address ^ 1, FILLING)
        if extreme:
            known = sorted(table)
            for address, following in zip(known, known[1:]):
                if following - address <= 125:
                    for hole in range(address + 1, following):
                        table[hole] = FILLING
    tables = {name: {str(a): [w] for a, w in sorted(table.items())} for name, table in image.items()}
    tables |= {name + " alone": {str(a): [w] for a, w in table.items()} for name, table in alone.items()}
    if "archive" in model:
        table = {"3": "holding", "4": "input"}[model["archive"].get("function", model.get("function", "3"))]
        tables[table][str(int(model["archive"]["addr"], 0))] = held
    what = {"model": model["id"], "vendor": model["vendor"], "unit": unit, "extreme": extreme, "serial": serial}
    return tables, what | {"readings": readings, "settings": sets, "archive": records}


def main():
    image, meters = {}, []
    files = sorted(glob.glob(os.path.join(sys.argv[1], "*.yaml")))
    if len(files) > 100:
        sys.exit("more models than unit ids")
    for n, path in enumerate(files, 1):
        with open(path, encoding="utf-8") as file:
            model = yaml.load(file, Loader=yaml.BaseLoader)  # every value stays the text that it is
        for unit, extreme in ((n, False), (100 + n, True)):
            image[str(unit)], what = meter(model, unit, extreme)
            meters.append(what)
    json.dump({"image": image, "meters": meters}, sys.stdout)


if __name__ == "__main__":
    main()
