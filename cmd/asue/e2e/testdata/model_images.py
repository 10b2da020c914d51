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
import struct
import sys
from datetime import datetime, timedelta, timezone
from fractions import Fraction

import yaml

CT, VT = Fraction(600, 5), Fraction(10000, 100)
SETTINGS = {"ct_prim": 600, "ct_sec": 5, "vt_prim": 10000, "vt_sec": 100, "ct_ratio": CT, "vt_ratio": VT}
RATIOS = {"V": VT, "A": CT, "W": CT * VT, "var": CT * VT, "VA": CT * VT, "Wh": CT * VT, "varh": CT * VT, "VAh": CT * VT}
PREFIXES = {"k": 1000, "M": 1000000}
BITS = {"u16": 16, "i16": 16, "u32": 32, "i32": 32, "u64": 64, "i64": 64, "f32": 32, "f64": 64}
FLOATS = {"f32": "f", "f64": "d"}
ORDERS = {"big": "1234", "little": "4321", "big-halves": "2143", "swapped-halves": "3412"}
QUANTITIES = set(
    "p q s pf f u_a u_b u_c u_ln_avg u_ab u_bc u_ca u_ll_avg i_a i_b i_c i_n i_avg p_a p_b p_c q_a q_b q_c s_a s_b s_c"
    " pf_a pf_b pf_c thd_u_a thd_u_b thd_u_c thd_i_a thd_i_b thd_i_c ea_imp ea_exp er_imp er_exp es_imp".split()
)
UNDERSTOOD = set(
    "name quantity addr type length order scale unit quantum ratio modulus radix parts coding kind group read_alone"
    " not_available expect marker note function unsure guard scale_factor clock".split()
)
UNDERSTOOD_OF_MODELS = set(
    "id revision vendor devices verified sources notes function order limits not_available sunspec archive registers".split()
)
UNDERSTOOD_OF_ARCHIVES = set("period records addr words function newest time registers".split())
# What a plant shows, in base units: least, most, and whether either sign occurs.
PLANT = {
    "V": (180, 420, False), "A": (3, 900, False), "W": (10**4, 9 * 10**5, True), "var": (10**4, 9 * 10**5, True),
    "VA": (10**4, 9 * 10**5, False), "Hz": (49, 51, False), "%": (1, 30, False), "1": (0, 1, True),
    "Wh": (10**8, 4 * 10**9, False), "varh": (10**8, 4 * 10**9, False), "VAh": (10**8, 4 * 10**9, False),
}
FILLING = 0x7B3D  # stands in the holes
# SunSpec Device Information Model Specification: marker, common model, end of the chain.
SUNS, COMMON, END = [0x5375, 0x6E53], 1, [0xFFFF, 0]
COMMON_TEXTS = {"Mn": 16, "Md": 16, "Opt": 8, "Vr": 8, "SN": 16}  # its points, in order, and their lengths
# When the interval of an archive's newest record ended, and how many records are told.
ARCHIVED, TOLD = datetime(2026, 1, 15, 8, tzinfo=timezone.utc), 12
LAST_SECOND = 253402300799  # of the year 9999


class Register:
    """One register of a model file."""

    def __init__(self, model, entry, place="addr"):
        understand(f"{model['id']}: register {entry['name']}", entry, UNDERSTOOD - {"addr"} | {place})
        self.name = entry["name"]
        self.address = int(entry[place], 0)
        self.table = {"3": "holding", "4": "input"}[entry.get("function", model.get("function", "3"))]
        self.type = entry["type"]
        self.order = ORDERS[entry.get("order", model.get("order", "big"))]
        self.parts = int(entry.get("parts", "1"))
        self.length = int(entry.get("length", "0"))
        self.coding = entry.get("coding", "plain")
        if self.coding not in ("plain", "4q-pf"):
            sys.exit(f"{model['id']}: register {self.name}: coding {self.coding} is unknown to {sys.argv[0]}: teach it")
        self.alone = entry.get("read_alone") == "true"
        self.clock = entry.get("clock")
        if self.clock not in (None, "unix", "ymdhms"):
            sys.exit(f"{model['id']}: register {self.name}: clock {self.clock} is unknown to {sys.argv[0]}: teach it")
        self.factor = entry.get("scale_factor")
        self.profile = entry.get("group") == "profile"
        # A guard's contents are those of a meter that is set as its map has it.
        self.expect = [int(v, 0) for v in entry.get("expect", entry.get("guard", {}).get("equals", []))]
        codes = model.get("not_available", {}).get(self.type, [])
        self.missing = {int(v, 0) for v in entry.get("not_available", codes)}

        total = entry.get("kind", "total") == "total"
        code = entry.get("quantity", self.name)
        self.quantity = code if total and code in QUANTITIES else None
        unit = entry.get("unit", "1")
        size = PREFIXES.get(unit[0], 1) if unit[1:] in RATIOS else 1
        self.unit = unit[1:] if size > 1 else unit
        self.scale = Fraction(entry.get("scale", "1")) * size  # base units in one of the register's number
        self.counter = self.quantity is not None and self.unit in ("Wh", "varh", "VAh")
        self.count = Fraction(entry["quantum"]) * size if "quantum" in entry else self.scale  # base units in a count
        self.ratio = RATIOS.get(self.unit, 1) if entry.get("ratio") == "secondary" else 1
        self.radix = int(entry.get("radix", "1"))
        natural = {"u16": 2**16, "i16": 2**15, "u32": 2**32, "i32": 2**31, "u32+u16": self.radix * 2**32}
        self.modulus = int(entry.get("modulus", natural.get(self.type, 2**63)))

    def raise_by(self, exponent):
        """The register's number stands for so many powers of ten more."""
        self.scale *= Fraction(10) ** exponent
        self.count *= Fraction(10) ** exponent

    def words(self, number):
        """The words of one part."""
        if self.type == "u32+u16":
            main, rest = divmod(number, self.radix)
            return self.laid(main, 32) + [rest]
        if self.type in FLOATS:
            raw = struct.pack(">" + FLOATS[self.type], number)
            return self.laid(int.from_bytes(raw, "big"), BITS[self.type])
        return self.laid(number % 2 ** BITS[self.type], BITS[self.type])

    def laid(self, bits, width):
        """The words of some bits, in the register's order."""
        n = width // 16
        words = [bits >> (16 * (n - 1 - i)) & 0xFFFF for i in range(n)]
        if n == 4:
            return [words[int(place) - 1] for place in self.order]
        return words[::-1] if self.order == ORDERS["little"] else words

    def range(self):
        """The least and the greatest integer that the type holds."""
        if self.counter or self.type == "u32+u16":
            return 0, self.modulus - 1
        half = 2 ** (BITS[self.type] - 1)
        return (-half, half - 1) if self.type.startswith("i") else (0, 2 * half - 1)


def understand(what, entry, keys):
    """Ends the program if a mapping has keys whose meaning is not known here."""
    strange = set(entry) - keys
    if strange:
        sys.exit(f"{what}: the keys {strange} are unknown to {sys.argv[0]}: teach it")


def exponent(factor, users, taken, dice, extreme):
    """What stands in the register of a scale factor: 10 to it multiplies its users' numbers. taken are those of others."""

    def fits(x):
        if factor.type.startswith("u") and x < 0:
            return False
        for user in users:
            count = user.count * 1000 * Fraction(10) ** x  # of a counter: whole thousandths of the base unit
            if user.counter and (count.denominator > 1 or count > 10**15):
                return False
            if not extreme and PLANT[user.unit][1] / (user.scale * Fraction(10) ** x) > user.range()[1]:
                return False
        return True

    fitting = [x for x in range(-10, 11) if fits(x)]
    if not extreme:
        return dice.choice(fitting[:2])  # the smaller, the finer
    if len(taken) < 2:
        return fitting[-len(taken)]
    return dice.choice([x for x in fitting if x not in taken])


def as_float(kind, value):
    """The register's float that is nearest to a number."""
    return struct.unpack(">" + FLOATS[kind], struct.pack(">" + FLOATS[kind], float(value)))[0]


def last_place(kind, value):
    """One unit in the last place of a float, exactly."""
    width = ">" + {"f32": "I", "f64": "Q"}[kind]
    bits = struct.unpack(width, struct.pack(">" + FLOATS[kind], abs(value)))[0]
    above = struct.unpack(">" + FLOATS[kind], struct.pack(width, bits + 1))[0]
    return Fraction(above) - abs(Fraction(value))


def whole_counts(register, number):
    """How many counts a float register has completed: the most whose own float is not above it."""
    counts = int(Fraction(number) * register.scale / register.count) + 3
    while as_float(register.type, counts * register.count / register.scale) > number:
        counts -= 1
    return counts


def pick(register, dice, extreme):
    """A number that the register holds."""
    if register.type in FLOATS:
        while True:
            number = as_float(register.type, pick_float(register, dice, extreme))
            fine = last_place(register.type, number) * register.scale
            if not register.counter or number > 0 and fine < register.count:
                return number
    least, most = register.range()
    if not extreme:
        low, high, signs = PLANT[register.unit]
        value = Fraction(dice.randrange(low * 10**6, high * 10**6), 10**6) / register.parts
        if signs and least < 0 and dice.random() < 0.5:
            value = -value
        number = round(value / register.scale)
        if least <= number <= most:
            return number
    while True:
        # Half of them from the top, where what has no sign is taken for negative if read wrong.
        number = dice.randint(least, most) if dice.random() < 0.5 else dice.randint(least + 3 * (most - least) // 4, most)
        number //= register.parts
        bits = number % 2 ** BITS.get(register.type, 48)
        if bits not in register.missing:
            return number


def pick_float(register, dice, extreme):
    if register.coding == "4q-pf":
        return dice.choice((-1, 1)) * dice.uniform(1.02, 1.98) if extreme else dice.uniform(-0.99, -0.5)
    if register.counter and extreme:
        most = min(register.modulus, 10**12) if register.type == "f64" else 2**20
        return dice.uniform(0.5, 1) * float(most * register.count / register.scale / register.parts)
    if extreme:
        return dice.choice((-1, 1)) * dice.uniform(1, 10) * 10.0 ** dice.randint(-25, 25)
    low, high, signs = PLANT[register.unit]
    if register.counter:
        high = min(high, int(2**22 * register.count)) if register.type == "f32" else high
        low = high // 50
    value = dice.uniform(low, high) / float(register.scale) / register.parts
    return -value if signs and dice.random() < 0.5 else value


def reading(register, numbers):
    """What must be read from a register that stands for a quantity."""
    content = sum(Fraction(n) for n in numbers) * register.scale
    if register.coding == "4q-pf" and abs(content) > 1:
        content = (2 if content > 0 else -2) - content
    fine = register.scale
    if register.type in FLOATS:
        fine = sum(last_place(register.type, n) for n in numbers) * register.scale
    r = {"quantity": register.quantity, "cut": 0, "count": None}
    if register.counter:
        counts = numbers
        if register.type in FLOATS:
            counts = [whole_counts(register, n) for n in numbers]
            r["cut"] = len(numbers)
        r["count"] = sum(counts)
        fine = max(fine, register.count)
    return r | {"value": float(content * register.ratio), "resolution": float(fine * register.ratio)}


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
    common = sum((text_words(texts[name], length) for name, length in COMMON_TEXTS.items()), []) + [unit_address(dice), 0x8000]
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


def unit_address(dice):
    return dice.randint(1, 247)


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
