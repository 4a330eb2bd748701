"""`python -m clew_peers [PORT]`: three robots to try Clew with. Prints their addresses, and what they are told."""

import sys
import time

from clew_peers.robots import DINGTALK, FEISHU, WECOM, Robots


def main() -> None:
    """Run until Ctrl-C."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with Robots(port) as robots:
        for vendor in (WECOM, DINGTALK, FEISHU):
            robots.add(vendor, f"try-{vendor}", secret="" if vendor == WECOM else "SECtry")
            print(f"{vendor}: {robots.address(f'try-{vendor}')}")
        print("secret of DingTalk and Feishu: SECtry")
        print(f"Clew must be allowed to call it: CLEW_PRIVATE_TARGETS=127.0.0.1:{robots.port}")
        seen = 0
        while True:
            for said in robots.ledger[seen:]:
                print(f"{said.key}: {said.text}", flush=True)
            seen = len(robots.ledger)
            time.sleep(0.2)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
