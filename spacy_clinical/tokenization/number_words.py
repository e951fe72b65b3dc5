"""Words for numbers, as ages, doses, dates and dictated digits have them."""

# From 0 to 19, the tens from 20 on, and ordinals from the first on.
ONES, TENS, ORDINALS = (
    tuple(words.split())
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen "
        "fourteen fifteen sixteen seventeen eighteen nineteen",
        "twenty thirty forty fifty sixty seventy eighty ninety",
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh "
        "twelfth thirteenth fourteenth",
    )
)
