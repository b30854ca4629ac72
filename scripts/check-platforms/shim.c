/* What Debian's libstdc++ asks of glibc and musl does not have. */
#include <link.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/random.h>

char __libc_single_threaded = 0;
__attribute__((visibility("hidden"))) void *__dso_handle = &__dso_handle;

unsigned arc4random(void)
{
    unsigned value = 0;
    getrandom(&value, sizeof value, 0);
    return value;
}

/* libgcc's, on arm64. */
unsigned long __getauxval(unsigned long type)
{
    return getauxval(type);
}

/* glibc's struct dl_find_object as far as the unwinder reads it; dlfcn.h. */
struct object {
    unsigned long long flags;
    void *start, *end, *map, *frames, *rest[8];
};

struct search {
    ElfW(Addr) pc;
    struct object *object;
};

static int holdsIt(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    void *frames = NULL;
    int holds = 0;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        ElfW(Addr) at = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && search->pc - at < header->p_memsz) holds = 1;
        if (header->p_type == PT_GNU_EH_FRAME) frames = (void *)at;
    }
    if (!holds || !frames) return 0;
    search->object->frames = frames;
    return 1;
}

int _dl_find_object(void *pc, struct object *object)
{
    struct search search = {(ElfW(Addr))pc, object};
    return dl_iterate_phdr(holdsIt, &search) ? 0 : -1;
}
