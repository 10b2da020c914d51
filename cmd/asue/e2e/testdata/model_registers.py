"""The registers of a model file as model_images.py understands them, and numbers
that they can hold: exact fractions and Python's struct, and no code of asue.
"""
import struct
import sys
from fractions import Fraction

CT, VT = Fraction(600, 5), Fraction(10000, 100)
RATIOS = {"V": VT, "A": CT, "W": CT * VT, "var": CT * VT, "VA": CT * VT, "Wh": CT * VT, "varh": CT * VT, "VAh": CT * VT}
PREFIXES = {"k": 1000, "M": 1000000}
BITS = {"u16": 16, "i16": 16, "u32": 32, "i32": 32, "u64": 64, "i64": 64, "f32": 32, "f64": 64}
FLOATS = {"f32": "f", "f64": "d"}
ORDERS = {"big": "1234", "little": "4321", "big-halves": "2143", "swapped-halves": "3412"}
QUANTITIES = set(
    "p q s pf f u_a u_b u_c u_ln_avg u_ab u_bc u_ca u_ll_avg i_a i_b i_c i_n i_avg p_a p_b p_c q_a q_b q_c s_a s_b s_c"
    " pf_a pf_b pf_c thd_u_a thd_u_b thd_u_c thd_i_a thd_i_b thd_i_c ea_imp ea_exp er_imp er_exp es_imp v_gas v_water v_process v_sewage".split()
)
UNDERSTOOD = set(
    "name quantity addr type length order scale unit quantum ratio modulus radix parts coding kind group read_alone"
    " not_available expect marker note function unsure guard scale_factor clock pulse".split()
)
# What a plant shows, in base units: least, most, and whether either sign occurs.
PLANT = {
    "V": (180, 420, False), "A": (3, 900, False), "W": (10**4, 9 * 10**5, True), "var": (10**4, 9 * 10**5, True),
    "VA": (10**4, 9 * 10**5, False), "Hz": (49, 51, False), "%": (1, 30, False), "1": (0, 1, True),
    "Wh": (10**8, 4 * 10**9, False), "varh": (10**8, 4 * 10**9, False), "VAh": (10**8, 4 * 10**9, False),
    "L": (10**5, 4 * 10**8, False),
}
COUNTED = ("Wh", "varh", "VAh", "L")
SIZES = {"m3": ("L", 1000)}


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
        if unit in SIZES:
            self.unit, size = SIZES[unit]
        # A pulse is what the file says, where no install says more ("pulse").
        self.scale = Fraction(entry.get("scale", "1")) * size  # base units in one of the register's number
        self.counter = self.quantity is not None and self.unit in COUNTED
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
