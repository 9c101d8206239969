/* The cheapest trial there is: prints one metric. */
#include <unistd.h>

int main(void) { return write(1, "loss=0.5\n", 9) == 9 ? 0 : 1; }
