"""What pyproject.toml cannot say: data/ of the checkout becomes synesthete/data/, where settings.DATA_ROOT finds it."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["synesthete*"]), "synesthete.data"],
    package_dir={"synesthete.data": "data"},
    package_data={
        "synesthete": ["**/*.json", "**/*.js", "**/*.css", "**/*.svg"],
        "synesthete.data": [
            "models/*",
            "sampler/catalogue.sqlite",
            "sampler/manifest.csv",
            "sampler/README.md",
            "sampler/*.index",
            "sampler/*.landscape.npz",
            "sampler/audio/**/*.mp3",
        ],
    },
)
