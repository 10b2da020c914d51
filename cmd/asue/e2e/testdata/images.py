"""Writes the register images that pymodbus_server.py serves, with Python's own
struct and no code of asue: run it again after a change of what is meant.

  python3 images.py          writes eastron-sdm630.json, eastron-sdm630-sparse.json, schneider-pm5340.json

The values stand here; what asue must read from them stands in foreign_test.go.
Addresses and types are those of the vendors' documents (see the sources in
collector/regmap/models).
"""
import json
import struct


def f32(value):
    return list(struct.unpack(">2H", struct.pack(">f", value)))


def u32(value):
    return list(struct.unpack(">2H", struct.pack(">I", value)))


def i64(value):
    return list(struct.unpack(">4H", struct.pack(">q", value)))


UNKNOWN = [0x8000, 0, 0, 0]  # a PM5000's "no value" in four registers

EASTRON = {
    0: f32(230.5), 2: f32(231.25), 4: f32(229.75),
    6: f32(12.5), 8: f32(11.75), 10: f32(13.125),
    12: f32(2750), 14: f32(2600), 16: f32(2900),
    18: f32(2881.25), 20: f32(2717.1875), 22: f32(3015.46875),
    24: f32(860), 26: f32(789), 28: f32(827),
    30: f32(0.954), 32: f32(0.957), 34: f32(0.962),
    42: f32(230.5), 46: f32(12.458333), 52: f32(8250), 56: f32(8613.90625), 60: f32(2476), 62: f32(0.958),
    70: f32(50.02),
    72: f32(123456.7), 74: f32(0.3), 76: f32(7654.2), 78: f32(0),
    200: f32(399.3), 202: f32(398.9), 204: f32(398.7), 206: f32(398.97), 224: f32(1.25),
    234: f32(1.5), 236: f32(1.6), 238: f32(1.4), 240: f32(5.5), 242: f32(5.25), 244: f32(5.75),
}
SCHNEIDER = {
    89: [15273], 129: u32(2026112201),
    2025: f32(10000), 2027: [100], 2029: [600], 2030: [5],
    2999: f32(101.5), 3001: f32(102.5), 3003: f32(99), 3005: f32(2.25), 3009: f32(101),
    3019: f32(10050), 3021: f32(10025), 3023: f32(10075), 3025: f32(10050),
    3027: f32(5800), 3029: f32(5790), 3031: f32(5810), 3035: f32(5800),
    3053: f32(560.5), 3055: f32(565.25), 3057: f32(549.5), 3059: f32(1675.25),
    3061: f32(184), 3063: f32(186), 3065: f32(180.5), 3067: f32(550.5),
    3069: f32(590), 3071: f32(595), 3073: f32(578.5), 3075: f32(1763.5),
    3083: f32(0.95), 3109: f32(49.9375),
    3203: i64(0x0123456789AB), 3207: i64(42), 3219: i64(0x200000001), 3223: UNKNOWN, 3235: i64(1 << 40),
}


def holes_filled(registers):
    """Every register from the first to the last, as a meter without holes has it."""
    words = {a + i: w for a, values in registers.items() for i, w in enumerate(values)}
    return {str(a): [words.get(a, 0)] for a in range(min(words), max(words) + 1)}


def write(name, image):
    with open(name, "w", encoding="utf-8") as file:
        json.dump(image, file, separators=(",", ":"))
        file.write("\n")


system_type = {"10": f32(3)}
sparse = {str(a): w for a, w in EASTRON.items()}
write("eastron-sdm630.json", {"5": {"input": holes_filled(EASTRON), "holding": system_type}})
write("eastron-sdm630-sparse.json", {"5": {"input": sparse, "holding": system_type}})
pm = {str(a): w for a, w in SCHNEIDER.items()}
write("schneider-pm5340.json", {"9": {"holding": pm}})
