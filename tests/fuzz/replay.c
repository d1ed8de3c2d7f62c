/* Runs a fuzzer over every file of the folders and files named on the command
 * line, so that plain ctest replays a corpus without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	PATH_BYTES = 4096,
	FILE_BYTES_MAX = 1 << 20
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t runs;

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *whole = malloc(FILE_BYTES_MAX);
	uint8_t *exact = NULL;
	size_t n;
	int rc = 1;

	if (!file || !whole) {
		perror(path);
		goto out;
	}
	n = fread(whole, 1, FILE_BYTES_MAX, file);
	/* A block of exactly that size, so that a read past it is seen. */
	exact = malloc(n ? n : 1);
	if (!exact)
		goto out;
	memcpy(exact, whole, n);
	(void)LLVMFuzzerTestOneInput(exact, n);
	runs++;
	rc = 0;
out:
	if (file)
		(void)fclose(file);
	free(whole);
	free(exact);
	return rc;
}

static int replay_dir(const char *path, DIR *dir)
{
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		char name[PATH_BYTES];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(
			name, sizeof(name), "%s/%s", path, entry->d_name);
		rc = replay_file(name);
	}
	(void)closedir(dir);
	return rc;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);

		if (dir ? replay_dir(argv[i], dir) : replay_file(argv[i]))
			return 1;
	}
	printf("replayed %zu inputs\n", runs);
	return runs == 0;
}
