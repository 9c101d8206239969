"""Runs test functions, each in a temporary folder of its own, and ends with the line that says how many passed."""
import tempfile
import traceback


def run(namespace):
    """Every test_* function of a module's globals(), by name; the exit status."""
    passed = failed = 0
    for name, test in sorted(namespace.items()):
        if not name.startswith("test_"):
            continue
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try:
                test(folder)
                passed += 1
            except Exception:
                failed += 1
                print("FAILED", name)
                traceback.print_exc()
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0
