"""Compare what models cost, from a checkout: the same as `kerastune params`.

python tools/compare_parameters.py applications:ResNet50 applications:VGG16
"""

import sys
from pathlib import Path

# The package lies beside this folder, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kerastune.cli import main

if __name__ == "__main__":
    sys.exit(main(["params", *sys.argv[1:]]))
