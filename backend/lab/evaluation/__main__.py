import sys
from importlib import import_module

raise SystemExit(import_module(f".{sys.argv[1].replace('-','_')}", __package__).main(sys.argv[2:]))
