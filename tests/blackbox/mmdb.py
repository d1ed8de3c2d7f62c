"""Writes MaxMind DB files, by "MaxMind DB File Format Specification", version
2.0:

    mmdb.write(path, {"81.2.0.0/16": "GB", "2001:db8::/32": "JP"})

As a program:

    mmdb.py FILE PREFIX=COUNTRY...
"""
import ipaddress
import os
import struct
import sys

SEPARATOR = b"\0" * 16
MARKER = b"\xab\xcd\xefMaxMind.com"
IPV4_BEGIN = 96  # bits before IPv4 in a tree of IPv6

STRING, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11


class Number(int):
    """An int with the type that the format wants of it."""

    def __new__(cls, value, kind):
        number = super().__new__(cls, value)
        number.kind = kind
        return number


def control(kind, size):
    if size < 29:
        short, more = size, b""
    elif size < 285:
        short, more = 29, bytes([size - 29])
    elif size < 65821:
        short, more = 30, struct.pack(">H", size - 285)
    else:
        short, more = 31, struct.pack(">I", size - 65821)[1:]
    if kind > 7:
        return bytes([short, kind - 7]) + more
    return bytes([kind << 5 | short]) + more


def encode(value):
    """A str, int (32 bits), Number, list or dict as a data section has it."""
    if isinstance(value, str):
        text = value.encode()
        return control(STRING, len(text)) + text
    if isinstance(value, int):
        kind = getattr(value, "kind", UINT32)
        number = int(value).to_bytes(8, "big").lstrip(b"\0")
        return control(kind, len(number)) + number
    if isinstance(value, dict):
        return control(MAP, len(value)) + b"".join(
            encode(k) + encode(v) for k, v in value.items())
    return control(ARRAY, len(value)) + b"".join(map(encode, value))


def record(country):
    """What GeoLite2-Country has for a country, in short."""
    member = {"geoname_id": 6252001, "iso_code": country,
              "names": {"en": country}}
    return {"continent": {"code": "EU"}, "country": member,
            "registered_country": member}


class Tree:
    """Nodes are pairs of: None, an int (a node), bytes (a record)."""

    def __init__(self, ip_version):
        self.ip_version = ip_version
        self.nodes = [[None, None]]

    def bits(self, network):
        value = int(network.network_address)
        width = network.max_prefixlen
        text = f"{value:0{width}b}"[:network.prefixlen]
        if self.ip_version == 6 and network.version == 4:
            text = "0" * IPV4_BEGIN + text
        return [int(bit) for bit in text]

    def add(self, network, data):
        bits = self.bits(network)
        node = self.nodes[0]
        for bit in bits[:-1]:
            if not isinstance(node[bit], int):
                self.nodes.append([node[bit], node[bit]])
                node[bit] = len(self.nodes) - 1
            node = self.nodes[node[bit]]
        node[bits[-1]] = data


def pack_node(left, right, record_size):
    if record_size == 24:
        return left.to_bytes(3, "big") + right.to_bytes(3, "big")
    if record_size == 28:
        middle = left >> 24 << 4 | right >> 24
        return ((left & 0xffffff).to_bytes(3, "big") + bytes([middle]) +
                (right & 0xffffff).to_bytes(3, "big"))
    return struct.pack(">II", left, right)


def build(countries, ip_version=6, record_size=28):
    """The bytes of a file: prefixes to countries, or to records as dicts."""
    tree = Tree(ip_version)
    networks = {ipaddress.ip_network(k): v for k, v in countries.items()}
    # The wider first, so that a narrower one stands within it.
    for network in sorted(networks, key=lambda n: n.prefixlen +
                          (IPV4_BEGIN if n.version == 4 else 0)):
        value = networks[network]
        tree.add(network, encode(
            record(value) if isinstance(value, str) else value))

    data, places = b"", {}
    for node in tree.nodes:
        for value in node:
            if isinstance(value, bytes) and value not in places:
                places[value] = len(data)
                data += value
    count = len(tree.nodes)

    def number(value):
        if value is None:
            return count
        if isinstance(value, bytes):
            return count + len(SEPARATOR) + places[value]
        return value

    nodes = b"".join(pack_node(number(left), number(right), record_size)
                     for left, right in tree.nodes)
    metadata = encode({
        "binary_format_major_version": Number(2, UINT16),
        "binary_format_minor_version": Number(0, UINT16),
        "build_epoch": Number(1795411800, UINT64),
        "database_type": "Test-Country",
        "description": {"en": "made for a test"},
        "ip_version": Number(ip_version, UINT16),
        "languages": ["en"],
        "node_count": Number(count, UINT32),
        "record_size": Number(record_size, UINT16),
    })
    return nodes + SEPARATOR + data + MARKER + metadata


def write(path, countries, **options):
    """Puts a file in the place of another one, whole."""
    with open(f"{path}.new", "wb") as file:
        file.write(build(countries, **options))
    os.rename(f"{path}.new", path)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    write(sys.argv[1], dict(arg.split("=") for arg in sys.argv[2:]))


if __name__ == "__main__":
    main()
