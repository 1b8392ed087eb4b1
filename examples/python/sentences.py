"""A class that lives in a container: it learns which word follows which."""

import random

import windlass


class Sentences:
    def __init__(self, seed):
        self.seed = seed

    @windlass.enter
    def enter(self):
        # Once per container: a model would be loaded here.
        self.random = random.Random(self.seed)
        self.followers = {}

    @windlass.method
    def add(self, text):
        words = windlass.function("clean").remote(text)
        for word, follower in zip(words, words[1:] + words[:1]):
            self.followers.setdefault(word, []).append(follower)
        return len(self.followers)

    @windlass.method
    def write(self, words, *, start):
        sentence = [start]
        while len(sentence) < words:
            sentence.append(self.random.choice(self.followers[sentence[-1]]))
        return " ".join(sentence)
